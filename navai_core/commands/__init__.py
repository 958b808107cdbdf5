"""The commands of `navai`, one module each."""

from .check_config import CHECK_CONFIG
from .command import Command, say_json
from .demo import DEMO
from .hash_token import HASH_TOKEN
from .mint import MINT
from .serve import SERVE
from .simulate import SIMULATE

ALL = (SERVE, CHECK_CONFIG, MINT, HASH_TOKEN, SIMULATE, DEMO)

__all__ = ["ALL", "Command", "say_json"]
