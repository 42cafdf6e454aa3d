"""Build valid models for the functions of the domains, for tests. Pass any field to override its default.

    from hangar_dal import builders

    ada = await users.create_user(db, builders.user())
    video = await videos.create_video(db, builders.video(owner=ada, title="A red car"))

Names, titles and times come from a counter, so that test runs are repeatable. Only secrets and ids are random.
"""

from hangar_dal.builders.accounts import EveTokenFields as EveTokenFields
from hangar_dal.builders.accounts import EveUserFields as EveUserFields
from hangar_dal.builders.accounts import RefreshTokenFields as RefreshTokenFields
from hangar_dal.builders.accounts import SecurityEventFields as SecurityEventFields
from hangar_dal.builders.accounts import SessionCookieFields as SessionCookieFields
from hangar_dal.builders.accounts import TwoFactorFields as TwoFactorFields
from hangar_dal.builders.accounts import UserFields as UserFields
from hangar_dal.builders.accounts import eve_token as eve_token
from hangar_dal.builders.accounts import eve_user as eve_user
from hangar_dal.builders.accounts import password as password
from hangar_dal.builders.accounts import refresh_token as refresh_token
from hangar_dal.builders.accounts import security_event as security_event
from hangar_dal.builders.accounts import session_cookie as session_cookie
from hangar_dal.builders.accounts import storage_state as storage_state
from hangar_dal.builders.accounts import two_factor as two_factor
from hangar_dal.builders.accounts import user as user
from hangar_dal.builders.advertising import AdRequestFields as AdRequestFields
from hangar_dal.builders.advertising import CampaignFields as CampaignFields
from hangar_dal.builders.advertising import CreativeFields as CreativeFields
from hangar_dal.builders.advertising import ReservationFields as ReservationFields
from hangar_dal.builders.advertising import ad_request as ad_request
from hangar_dal.builders.advertising import campaign as campaign
from hangar_dal.builders.advertising import creative as creative
from hangar_dal.builders.advertising import reservation as reservation
from hangar_dal.builders.building import EARLIER as EARLIER
from hangar_dal.builders.building import LATER as LATER
from hangar_dal.builders.commerce import HoldFields as HoldFields
from hangar_dal.builders.commerce import InvoiceFields as InvoiceFields
from hangar_dal.builders.commerce import InvoiceLineFields as InvoiceLineFields
from hangar_dal.builders.commerce import LedgerAccountFields as LedgerAccountFields
from hangar_dal.builders.commerce import PlanFields as PlanFields
from hangar_dal.builders.commerce import RecipientFields as RecipientFields
from hangar_dal.builders.commerce import SubscriptionFields as SubscriptionFields
from hangar_dal.builders.commerce import TransferFields as TransferFields
from hangar_dal.builders.commerce import hold as hold
from hangar_dal.builders.commerce import invoice as invoice
from hangar_dal.builders.commerce import invoice_line as invoice_line
from hangar_dal.builders.commerce import ledger_account as ledger_account
from hangar_dal.builders.commerce import plan as plan
from hangar_dal.builders.commerce import recipient as recipient
from hangar_dal.builders.commerce import subscription as subscription
from hangar_dal.builders.commerce import transfer as transfer
from hangar_dal.builders.community import CommentFields as CommentFields
from hangar_dal.builders.community import EventFields as EventFields
from hangar_dal.builders.community import FollowFields as FollowFields
from hangar_dal.builders.community import LikeFields as LikeFields
from hangar_dal.builders.community import NotificationFields as NotificationFields
from hangar_dal.builders.community import RenditionFields as RenditionFields
from hangar_dal.builders.community import ReportFields as ReportFields
from hangar_dal.builders.community import ShareFields as ShareFields
from hangar_dal.builders.community import VideoFields as VideoFields
from hangar_dal.builders.community import comment as comment
from hangar_dal.builders.community import event as event
from hangar_dal.builders.community import follow as follow
from hangar_dal.builders.community import like as like
from hangar_dal.builders.community import notification as notification
from hangar_dal.builders.community import rendition as rendition
from hangar_dal.builders.community import report as report
from hangar_dal.builders.community import share as share
from hangar_dal.builders.community import video as video
from hangar_dal.builders.outbox import MessageFields as MessageFields
from hangar_dal.builders.outbox import message as message
from hangar_dal.builders.payments import PaymentFields as PaymentFields
from hangar_dal.builders.payments import PaymentMethodFields as PaymentMethodFields
from hangar_dal.builders.payments import WebhookEventFields as WebhookEventFields
from hangar_dal.builders.payments import payment as payment
from hangar_dal.builders.payments import payment_method as payment_method
from hangar_dal.builders.payments import webhook_event as webhook_event
from hangar_dal.builders.streaming import ChatMessageFields as ChatMessageFields
from hangar_dal.builders.streaming import DonationFields as DonationFields
from hangar_dal.builders.streaming import LivestreamFields as LivestreamFields
from hangar_dal.builders.streaming import chat_message as chat_message
from hangar_dal.builders.streaming import donation as donation
from hangar_dal.builders.streaming import livestream as livestream
