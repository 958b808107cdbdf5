"""A call: everything that the API does from the offer of a browser until one side hangs up.

Everything but `peer` is plain Python without threads or clocks: `Call.tick` is called every 20 ms, and time in a call
is the number of ticks. Only `peer` needs the packages of the extra `simulator`.
"""
