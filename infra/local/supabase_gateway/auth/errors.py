"""The auth server's errors: {code, error_code, msg}, as GoTrue (Supabase Auth) gives them."""

from infra.local.supabase_gateway.errors import GatewayError


class AuthError(GatewayError):
    """An error in GoTrue's shape. `error_code` is one of those at https://supabase.com/docs/guides/auth/debugging/error-codes."""

    def __init__(self, status: int, error_code: str, message: str, **more: object) -> None:
        super().__init__(status, {"code": status, "error_code": error_code, "msg": message, **more})


def not_implemented(feature: str) -> AuthError:
    """What GoTrue can do and this gateway does not."""
    return AuthError(501, "not_implemented", f"{feature} is not implemented by the local Supabase gateway")


def invalid_credentials() -> AuthError:
    """One answer for a wrong password and an unknown address, so that neither can be told from the other."""
    return AuthError(400, "invalid_credentials", "Invalid login credentials")


def weak_password(message: str) -> AuthError:
    """A password that is too short."""
    return AuthError(422, "weak_password", message, weak_password={"reasons": ["length"]})


def validation_failed(message: str) -> AuthError:
    """A field that is missing or of the wrong form."""
    return AuthError(400, "validation_failed", message)
