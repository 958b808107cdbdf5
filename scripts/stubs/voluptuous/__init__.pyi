# In newer Home Assistants the name `voluptuous` stands for probatio: the integration's types are checked against that.
from probatio import *  # noqa: F403  # all of it, whatever it is
from probatio import Invalid as Invalid
from probatio import MultipleInvalid as MultipleInvalid
