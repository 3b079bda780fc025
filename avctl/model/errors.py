"""What can go wrong with a device, cut by who must act. Drivers raise these and nothing else."""


class DeviceError(Exception):
    """Something a device did or did not do. The message says what was asked and what came."""


class Busy(DeviceError):
    """Not now (warming up, cooling down, another controller): the session waits and asks again."""


class Refused(DeviceError):
    """The device understood and said no, or does not know the command: tell the operator, do not repeat."""


class NoAnswer(DeviceError):
    """Silence past the deadline: the wire is not to be trusted any more, the session reopens it."""


class Garbled(DeviceError):
    """An answer that means nothing, or answers another question: the session reopens the wire."""


class LinkDown(DeviceError):
    """The wire itself is gone (refused, reset, unplugged): the session backs off and opens again."""


class AuthFailed(DeviceError):
    """The device refused our password or key: the configuration is wrong; retrying may lock us out."""


class WrongDevice(DeviceError):
    """Somebody else answers at this address: nothing may be sent to it until a person has looked."""
