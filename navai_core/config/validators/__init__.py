"""What each kind of option accepts, as plain functions: a value goes in, the checked value comes out.

A `RefusedValueError` quotes a value only if it cannot be a key that was pasted in the wrong place: see `quoted`.
Pure: `schema` passes these functions to voluptuous.
"""
