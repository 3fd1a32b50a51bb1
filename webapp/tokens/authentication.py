"""Finds the user of a request by its token. DRF calls it for every request to the REST interface."""

from django.contrib.auth.models import User
from knox.auth import TokenAuthentication

from webapp.tokens.models import ApiToken
from webapp.tokens.services import token_used


class ApiTokenAuthentication(TokenAuthentication):
    """A token's user, if the token is neither expired nor revoked and the user is active; its use is noted."""

    def validate_user(self, auth_token: ApiToken) -> tuple[User, ApiToken]:
        """User and token, as `request.user` and `request.auth`."""
        user, token = super().validate_user(auth_token)
        token_used(token)
        return user, token
