"""What the tables of Django and of other libraries hold of persons, by their label; a library that is not installed has none."""

from collections.abc import Mapping

from webapp.participants.data import Data

WHILE_STAFF = "As long as the staff account"
NOT_OF_PARTICIPANTS = "Nothing; it holds nothing of participants"
SUPERUSERS = "Superusers"
OTHERS: Mapping[str, Data] = {
    "auth.User": Data(
        purpose="Accounts of staff; participants have none",
        kept="Until it is deleted; one that the audit names is deactivated instead",
        erasure=NOT_OF_PARTICIPANTS,
        none="is_superuser is_staff is_active date_joined groups user_permissions",
        personal="username first_name last_name email last_login",
        credential="password",
    ),
    "auth.Group": Data(
        purpose="What groups of staff may do", kept="For good", erasure=NOT_OF_PARTICIPANTS, none="name permissions"
    ),
    "auth.Permission": Data(
        purpose="What there is to be allowed", kept="For good", erasure=NOT_OF_PARTICIPANTS, none="name content_type codename"
    ),
    "contenttypes.ContentType": Data(
        purpose="Names of tables", kept="For good", erasure=NOT_OF_PARTICIPANTS, seen_by="Nobody", none="app_label model"
    ),
    "admin.LogEntry": Data(
        purpose="What staff edited in the admin, behind *History* of each object",
        kept=WHILE_STAFF,
        erasure=f"{NOT_OF_PARTICIPANTS}: no page edits a participant, a session or an answer",
        none="action_time content_type object_id object_repr action_flag change_message",
        personal="user",
    ),
    "sessions.Session": Data(
        purpose="Who of the staff is logged in",
        kept="Until they log out, or `manage.py clearsessions` after its date",
        erasure=NOT_OF_PARTICIPANTS,
        seen_by="Nobody",
        none="expire_date",
        credential="session_key session_data",
    ),
    "axes.AccessAttempt": Data(
        purpose="Failed logins of staff, which lock an account for a while",
        kept="Until a login succeeds or the lock is over",
        erasure=NOT_OF_PARTICIPANTS,
        none="http_accept path_info attempt_time get_data post_data failures_since_start",
        personal="username user_agent ip_address",
    ),
    "axes.AccessAttemptExpiration": Data(
        purpose="When a lock is over",
        kept="As long as the attempt",
        erasure=NOT_OF_PARTICIPANTS,
        none="access_attempt expires_at",
    ),
    "axes.AccessFailureLog": Data(
        purpose="Nothing: this log is off",
        kept="Not at all",
        erasure=NOT_OF_PARTICIPANTS,
        none="http_accept path_info attempt_time locked_out",
        personal="username user_agent ip_address",
    ),
    "axes.AccessLog": Data(
        purpose="Nothing: this log is off",
        kept="Not at all",
        erasure=NOT_OF_PARTICIPANTS,
        none="http_accept path_info attempt_time logout_time",
        personal="username user_agent ip_address",
        credential="session_hash",
    ),
    "otp_totp.TOTPDevice": Data(
        purpose="Phones of staff that make codes for the login; the secret that a phone shares takes ID_KEY, too",
        kept="Until it is taken off, or as long as the staff account",
        erasure=NOT_OF_PARTICIPANTS,
        seen_by="Nobody; its owner once, while setting it up",
        none="name confirmed throttling_failure_timestamp throttling_failure_count created_at step t0 digits tolerance drift",
        personal="user last_used_at last_t",
        credential="key",
    ),
    "otp_static.StaticDevice": Data(
        purpose="Lists of recovery codes of staff",
        kept="Until new ones are made, or as long as the phone",
        erasure=NOT_OF_PARTICIPANTS,
        seen_by="Nobody",
        none="name confirmed throttling_failure_timestamp throttling_failure_count created_at",
        personal="user last_used_at",
    ),
    "otp_static.StaticToken": Data(
        purpose="Recovery codes that are not used yet, as hashes with ID_KEY",
        kept="Until it is used, or as long as its list",
        erasure=NOT_OF_PARTICIPANTS,
        seen_by="Nobody; its owner in clear once",
        none="device",
        credential="token",
    ),
    "knox.AuthToken": Data(
        purpose="Tokens of staff for REST",
        kept="Until it expires or is deleted",
        erasure=NOT_OF_PARTICIPANTS,
        seen_by=SUPERUSERS,
        none="created expiry",
        personal="user",
        credential="digest token_key",
    ),
}
