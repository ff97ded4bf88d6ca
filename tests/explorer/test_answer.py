"""What answers a question, apart from how it is asked."""

from __future__ import annotations

from explorer.questions import fields
from threadpoolctl import threadpool_info, threadpool_limits

from dpaccount.explorer import answer
from dpaccount.explorer.question import question_of


def test_the_number_takes_one_thread(monkeypatch):
    """Two processes answer at once, and each would otherwise have a thread for each core."""
    seen = []

    def looked(*arguments, **options):
        seen.extend(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")
        return true_profile(*arguments, **options)

    true_profile = answer.profile
    monkeypatch.setattr(answer, "profile", looked)
    with threadpool_limits(limits=2, user_api="blas"):
        answer.cost(question_of(fields().items()))
    assert seen
    assert set(seen) == {1}
