"""Staff sign-in: what is believed of a provider, and what is never believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pyotp
import pytest
from chassis.clock import SystemClock
from chassis.errors import SettingsError
from ground.errors import GroundError
from ground.oidc import refuse_others
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import OKPKey
from portal import totp
from portal.oidc import NotSignedIn, Provider, check_issuer
from portal.staff_claims import ROLES, staff_of
from portal.tickets import Tickets

from tests.unit.portal.test_production import settings

NOW = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@pytest.mark.parametrize("issuer", ["https://id.example", "https://id.example/realms/u"])
def test_an_issuer_behind_https_is_believed(issuer: str) -> None:
    """Also with production settings."""
    check_issuer(issuer, production=True)


@pytest.mark.parametrize(
    "issuer",
    ["http://id.example", "http://127.0.0.1.example", "ftp://127.0.0.1", "", "https://", "id"],
)
def test_an_issuer_whose_word_could_be_forged_ends_the_start(issuer: str) -> None:
    """http is for loopback alone."""
    with pytest.raises(SettingsError):
        check_issuer(issuer, production=False)


def test_the_development_provider_is_refused_with_production_settings() -> None:
    """By the portal that would ask it, and by itself."""
    check_issuer("http://127.0.0.1:9000", production=False)
    with pytest.raises(SettingsError):
        check_issuer("http://127.0.0.1:9000", production=True)
    back = "http://127.0.0.1:8000/staff/callback"
    refuse_others("http://127.0.0.1:9000", back, {"TIDTAM_PRODUCTION": "false"})
    with pytest.raises(GroundError):
        refuse_others("http://127.0.0.1:9000", back, {"TIDTAM_PRODUCTION": "1"})


@pytest.mark.parametrize(
    ("issuer", "back"),
    [
        ("http://0.0.0.0:9000", "http://127.0.0.1/x"),
        ("http://192.0.2.1:9000", "http://127.0.0.1/x"),
        ("http://127.0.0.1:9000", "https://portal.example/staff/callback"),
    ],
)
def test_the_development_provider_serves_loopback_alone(issuer: str, back: str) -> None:
    """Neither it nor where it leads back to may be reached by others."""
    with pytest.raises(GroundError):
        refuse_others(issuer, back, {})


@pytest.mark.parametrize(("calls_itself", "good"), [("", True), ("https://evil.example", False)])
async def test_a_provider_that_calls_itself_otherwise_is_not_believed(
    calls_itself: str, good: bool
) -> None:
    """What it publishes names the very issuer of the settings, or nobody is sent there."""
    issuer = "https://id.example"
    key = OKPKey.generate_key("Ed25519").as_dict(private=False)

    def publish(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/keys":
            return httpx.Response(200, json={"keys": [key]})
        names = ("authorization_endpoint", "token_endpoint")
        said = {name: f"{issuer}/{name}" for name in names} | {"jwks_uri": f"{issuer}/keys"}
        return httpx.Response(200, json={**said, "issuer": calls_itself or issuer})

    known = settings(public_url="https://x.example", oidc_issuer=issuer, oidc_client_id="tidtam")
    provider = Provider(known, SystemClock(), httpx.MockTransport(publish))
    if good:
        begun = await provider.begin("https://x.example/staff/callback")
        assert begun.url.startswith(f"{issuer}/authorization_endpoint?")
        return
    with pytest.raises(NotSignedIn) as told:
        await provider.begin("https://x.example/staff/callback")
    assert ("away", "ValueError") == (told.value.key, str(told.value))


@given(st.dictionaries(st.sampled_from(["roles", "units", "name", "amr"]), JSON))
def test_claims_of_any_shape_give_roles_of_ours_or_none(claims: dict[str, object]) -> None:
    """Nothing a provider says makes a role that does not exist, or ends in an error."""
    staff = staff_of({**claims, "sub": "somebody"})
    assert set(staff.roles) <= set(ROLES)
    assert all(isinstance(unit, str) for unit in staff.units)


def test_a_password_alone_is_no_second_factor() -> None:
    """Only what `amr` names as more counts; a provider that says nothing has asked for nothing."""
    said = {"sub": "x", "roles": ["operator"]}
    assert not staff_of(said).second_factor
    assert not staff_of({**said, "amr": ["pwd"]}).second_factor
    assert staff_of({**said, "amr": ["pwd", "otp"]}).second_factor


def test_a_code_is_good_within_a_minute_and_once() -> None:
    """The step before and after are taken; a step that was taken, or an older one, never."""
    secret = totp.new_secret()
    code = pyotp.TOTP(secret).at(NOW)
    step = totp.step_of(secret, code, NOW, 0)
    assert step == int(NOW.timestamp()) // 30
    assert totp.step_of(secret, code, NOW + timedelta(seconds=30), 0) == step
    assert totp.step_of(secret, code, NOW + timedelta(seconds=90), 0) is None
    assert totp.step_of(secret, code, NOW, step) is None
    assert totp.step_of(secret, "๑๒๓๔๕๖", NOW, 0) is None


@given(st.text(max_size=20), st.binary(max_size=40))
def test_a_ticket_opens_for_its_owner_for_a_while_and_for_nobody_else(
    owner: str, noise: bytes
) -> None:
    """Another owner, kind, key or time, and any other text, give nothing."""
    tickets = Tickets(bytes(32), "a", timedelta(minutes=5))
    made = tickets.make(owner, {"n": 1}, NOW)
    assert tickets.read(owner, made, NOW + timedelta(minutes=5)) == {"n": 1}
    assert tickets.read(owner, made, NOW + timedelta(minutes=5, seconds=1)) is None
    assert tickets.read(owner, made, NOW - timedelta(seconds=1)) is None
    assert tickets.read(owner + "x", made, NOW) is None
    assert Tickets(bytes(32), "b", tickets.life).read(owner, made, NOW) is None
    assert Tickets(bytes([1] * 32), "a", tickets.life).read(owner, made, NOW) is None
    assert tickets.read(owner, noise.hex(), NOW) is None
