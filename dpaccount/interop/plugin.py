"""How other frameworks come to know the accountant; each is imported when it is asked for."""

from __future__ import annotations

from dpaccount.errors import InputError, install

__all__ = ["register_opacus"]


def register_opacus() -> None:
    """Make Opacus know this accountant: `PrivacyEngine(accountant="dpaccount")`.

    Guarantee: every epsilon that the engine then reports or calibrates for is the certified upper
    end of `dpaccount.epsilon` for the recorded steps (add or remove one record, Poisson batches).
    Calling it more than once does no harm.

    Raises:
        InputError: If Opacus is not installed.

    Example:
        >>> register_opacus()
        >>> from opacus.accountants import create_accountant
        >>> accountant = create_accountant("dpaccount")
        >>> accountant.step(noise_multiplier=1.1, sample_rate=0.01)
        >>> round(accountant.get_epsilon(1e-5), 4)
        0.1423
    """
    try:
        from dpaccount.interop.opacus_accountant import register
    except ImportError as error:
        raise InputError(
            "opacus",
            given=f"not usable here: {error}",
            allowed="Opacus 1.6 or later",
            advice=install("opacus"),
        ) from error
    register()
