"""What an error of kafka-python means for who wants to go on: the broker is away, or it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from kafka import errors
from kafka.errors import KafkaError

from contracts.errors import EnvironmentProblem, Unreachable

__all__ = ["broker_answers", "passes"]

# Nobody gets further by waiting: who we are, what we ask for or how we ask has to change.
_REFUSED: Final = (
    errors.AuthorizationError,
    errors.IllegalSaslStateError,
    errors.KafkaConfigurationError,
    errors.SaslAuthenticationFailedError,
    errors.SecurityDisabledError,
    errors.UnsupportedSaslMechanismError,
    errors.UnsupportedVersionError,
)
_PASSES: Final = (
    errors.RetriableError,
    errors.BrokerNotAvailableError,
    ConnectionError,
    TimeoutError,
    # What a broker says of a transaction that it has aborted, or lost, while it was away.
    errors.InvalidProducerEpochError,
    errors.OutOfOrderSequenceNumberError,
    errors.UnknownProducerIdError,
)


def passes(error: BaseException) -> bool:
    """Whether the error goes away by itself once the brokers are well again. kafka-python may hide it in a plain one.

    Examples
    --------
    >>> passes(errors.KafkaTimeoutError()), passes(errors.MessageSizeTooLargeError())
    (True, False)
    >>> passes(KafkaError("in an error state", errors.NotEnoughReplicasError()))
    True
    """
    return any(isinstance(found, _PASSES) for found in (error, *error.args))


@contextmanager
def broker_answers(bootstrap: str) -> Iterator[None]:
    """The one guard around kafka-python: what it raises comes out as an error of ours.

    Parameters
    ----------
    bootstrap : str
        ``host:port`` of a broker, for the message.

    Raises
    ------
    EnvironmentProblem
        If the broker refuses: waiting does not help.
    Unreachable
        Whatever else the client or its sockets raise.
    """
    try:
        yield
    except _REFUSED as error:
        message = f"The broker at {bootstrap} refuses ({type(error).__name__}: {error})."
        raise EnvironmentProblem(
            message, hint="Is it the right broker, and may this user do that?"
        ) from error
    except (KafkaError, OSError) as error:
        message = f"The broker at {bootstrap} does not answer as it should ({type(error).__name__}: {error})."
        raise Unreachable(message) from error
