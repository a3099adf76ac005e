"""The pages to which a letter's link leads, which no walk from a start page comes to: an offer, a delivery, a claim."""

from __future__ import annotations

import re

import pytest

from tests.browser.crowd import Crowd, Hands
from tests.harness.world import World
from voucher.platform.db import read_anew
from voucher.vouchers.models import Voucher

pytestmark = pytest.mark.browser


def opened(crowd: Crowd, email: str, about: str) -> Hands:
    """The phone of somebody who has followed the link of a letter, and has not signed in."""
    owner = crowd.somebody()
    owner.open(crowd.link_in(crowd.letter(email, about)))
    return owner


def email_of(voucher: Voucher) -> str:
    email = voucher.application.contact.email
    read_anew()
    return email


def test_an_offer_and_the_page_after_it_have_no_barrier_and_lead_on(world: World, crowd: Crowd) -> None:
    email = world.offered().contact.email
    owner = opened(crowd, email, "Answer by")
    owner.sees(re.compile("^A voucher of up to £750.00"))
    owner.meets_no_barrier()
    owner.write("Assistance that your enterprise has received", "0")
    owner.tick(re.compile("I confirm for"))
    owner.tick(re.compile("I accept the terms"))
    owner.press("Confirm, accept and get the voucher")
    owner.sees("Your voucher is issued")
    owner.meets_no_barrier()
    owner.follow("Find an approved provider")
    owner.reads("Calder Digital Ltd")
    owner.page.go_back()
    owner.follow("Sign in with a code to see the voucher on any day")
    owner.sees("Sign in or register with a code")


def test_the_question_on_a_delivery_and_the_page_after_it_have_no_barrier(world: World, crowd: Crowd) -> None:
    owner = opened(crowd, email_of(world.recorded(world.issued()).voucher), "delivered")
    owner.sees("Was this delivered?")
    owner.meets_no_barrier()
    owner.tick("Yes, all of it")
    owner.press("Send this answer")
    owner.sees("Your answer")
    owner.meets_no_barrier()


def test_the_questions_on_a_claim_have_no_barrier(world: World, crowd: Crowd) -> None:
    owner = opened(crowd, email_of(world.claimed(world.issued()).voucher), "Please check by")
    owner.sees("Check this claim")
    owner.meets_no_barrier()
