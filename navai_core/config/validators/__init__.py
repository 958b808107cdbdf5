"""What each kind of option accepts, as plain functions: a value goes in, the checked value comes out.

A `RefusedValueError` is a sentence that never quotes the value, since any value may be a key pasted in the wrong place.
Pure: `schema` hangs these functions into voluptuous.
"""
