"""Every table, so that whoever needs the whole schema (migrations, backup) imports one module."""

from voucher.accounts import models as accounts
from voucher.applications import models as applications
from voucher.assurance import models as assurance
from voucher.audit import models as audit
from voucher.documents import models as documents
from voucher.funding import models as funding
from voucher.notifications import models as notifications
from voucher.organisations import models as organisations
from voucher.outputs import models as outputs
from voucher.payments import cost_models as administration
from voucher.payments import level_models as levels
from voucher.payments import models as payments
from voucher.payments import way_models as paying_ways
from voucher.payments.bank_files import models as bank_files
from voucher.platform.db import Base
from voucher.providers import models as providers
from voucher.redemptions import match_models as other_match
from voucher.redemptions import models as redemptions
from voucher.reports import models as reports
from voucher.samples import models as samples
from voucher.schemes import models as schemes
from voucher.subsidies import models as subsidies
from voucher.vouchers import models as vouchers

ALL = (
    accounts, administration, applications, assurance, audit, bank_files, documents, funding, levels, notifications,
    organisations, other_match, outputs, payments, paying_ways, providers, redemptions, reports, samples, schemes,
    subsidies, vouchers,
)  # fmt: skip
METADATA = Base.metadata
