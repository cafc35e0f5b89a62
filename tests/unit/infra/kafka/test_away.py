"""What kafka-python raises is one of two things: the broker is away, or it refuses."""

from __future__ import annotations

import pytest
from kafka import errors

from contracts.errors import EnvironmentProblem, FreshetError, StateLost, Unreachable
from infra.kafka import broker_answers, passes


@pytest.mark.parametrize(
    ("error", "becomes"),
    [
        (errors.KafkaConnectionError("socket disconnected"), Unreachable),
        (errors.KafkaTimeoutError("Timed out after 5000 ms"), Unreachable),
        (errors.NotEnoughReplicasError(), Unreachable),
        (errors.KafkaError("something new"), Unreachable),
        (ConnectionResetError("reset by peer"), Unreachable),
        (errors.TopicAuthorizationFailedError("t"), EnvironmentProblem),
        (errors.SaslAuthenticationFailedError("wrong password"), EnvironmentProblem),
        (errors.UnsupportedVersionError("too old"), EnvironmentProblem),
    ],
)
def test_what_the_client_raises_comes_out_as_ours(error: Exception, becomes: type[FreshetError]) -> None:
    with pytest.raises(FreshetError, match=type(error).__name__) as caught, broker_answers("there:9092"):
        raise error
    assert type(caught.value) is becomes
    assert "there:9092" in caught.value.message


@pytest.mark.parametrize(
    "error", [StateLost("gone", topic="t", partition=0), ZeroDivisionError(), KeyboardInterrupt()]
)
def test_what_is_not_the_client_s_goes_through(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught, broker_answers("there:9092"):
        raise error
    assert caught.value is error


def test_a_worker_is_started_again_for_ever_only_for_what_passes_by_itself() -> None:
    assert passes(errors.KafkaError("in an error state", errors.InvalidProducerEpochError()))
    assert not passes(errors.KafkaError("in an error state", errors.ProducerFencedError()))
    assert not passes(errors.MessageSizeTooLargeError())
