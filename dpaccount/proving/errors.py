"""What a proof raises."""

__all__ = ["NotProved"]


class NotProved(Exception):  # noqa: N818 - a finding, not an error of the program
    """A claim that was not proved: refuted, or not decided."""
