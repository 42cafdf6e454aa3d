"""Account operations that use several domains, such as sign-in, refresh and sign-out.

`from hangar_dal import accounts`. Sign-ins and changes of an account record a security event in their transaction. A
refresh records an event only if the token was used before. Some functions must commit data before they raise an error,
such as the event of a failed sign-in. They take a `Database`, not a `Transaction`.
"""

from hangar_dal.accounts.changing_passwords import change_password as change_password
from hangar_dal.accounts.changing_passwords import reset_password as reset_password
from hangar_dal.accounts.erasing import erase_user as erase_user
from hangar_dal.accounts.exporting import export_user as export_user
from hangar_dal.accounts.importing import import_users as import_users
from hangar_dal.accounts.managing import set_role as set_role
from hangar_dal.accounts.managing import set_status as set_status
from hangar_dal.accounts.managing import update_user as update_user
from hangar_dal.accounts.merging import merge_users as merge_users
from hangar_dal.accounts.one_time import Invitation as Invitation
from hangar_dal.accounts.one_time import accept_invitation as accept_invitation
from hangar_dal.accounts.one_time import confirm_email as confirm_email
from hangar_dal.accounts.one_time import invite_user as invite_user
from hangar_dal.accounts.one_time import is_email_confirmed as is_email_confirmed
from hangar_dal.accounts.one_time import renew_invitation as renew_invitation
from hangar_dal.accounts.one_time import request_email_confirmation as request_email_confirmation
from hangar_dal.accounts.one_time import request_password_reset as request_password_reset
from hangar_dal.accounts.one_time import reset_password_with_token as reset_password_with_token
from hangar_dal.accounts.refreshing import refresh as refresh
from hangar_dal.accounts.refreshing import sign_out as sign_out
from hangar_dal.accounts.refreshing import sign_out_everywhere as sign_out_everywhere
from hangar_dal.accounts.registering import register_user as register_user
from hangar_dal.accounts.second_factor import SecondFactorSetup as SecondFactorSetup
from hangar_dal.accounts.second_factor import confirm_second_factor as confirm_second_factor
from hangar_dal.accounts.second_factor import disable_second_factor as disable_second_factor
from hangar_dal.accounts.second_factor import renew_recovery_codes as renew_recovery_codes
from hangar_dal.accounts.second_factor import start_second_factor as start_second_factor
from hangar_dal.accounts.second_factor import verify_second_factor as verify_second_factor
from hangar_dal.accounts.signed_in import SignedIn as SignedIn
from hangar_dal.accounts.signing_in import authenticate as authenticate
from hangar_dal.accounts.signing_in import sign_in as sign_in
from hangar_dal.accounts.user_tables import UserTable as UserTable
