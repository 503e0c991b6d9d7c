"""Folders PostgreSQL can reach when we are root and it must not be."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest
from ground import accounts
from ground.accounts import owned_folder, reachable, refuse_strangers
from ground.errors import GroundError
from ground.leftovers import remove_run

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs servers as another user")


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """A folder no other user may enter."""
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o700)
    return folder


def test_a_closed_folder_is_not_reachable(closed: Path) -> None:
    """Others cannot walk through a folder of mode 700, nor to anything in it."""
    assert not reachable(closed)
    assert not reachable(closed / "deeper")


def test_we_ourselves_need_no_other_folder(closed: Path) -> None:
    """Without another account the folder is just the wanted one."""
    assert owned_folder(closed / "server", "") == closed / "server"


@ROOT_ONLY
def test_a_server_of_root_lies_where_its_account_gets_to(
    closed: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a closed place the data lies outside, owned by the account, and goes with the folder."""
    outside = tmp_path_factory.mktemp("outside")
    monkeypatch.setattr(accounts, "OUTSIDE", outside)
    folder = owned_folder(closed / "postgres" / "server", "nobody")
    assert folder.parent == outside
    assert folder.owner() == "nobody"
    assert (closed / "postgres" / "server").resolve() == folder
    remove_run(closed)
    assert not folder.exists()


@ROOT_ONLY
def test_a_folder_somebody_else_made_is_refused(tmp_path: Path) -> None:
    """What a stranger put where our data would lie is neither used nor taken over."""
    planted = tmp_path / "planted"
    planted.mkdir()
    os.chown(planted, pwd.getpwnam("daemon").pw_uid, -1)
    with pytest.raises(GroundError, match="not by us"):
        refuse_strangers(planted, "nobody")


@ROOT_ONLY
def test_a_link_is_refused(tmp_path: Path) -> None:
    """A link where our data would lie leads nowhere."""
    (tmp_path / "link").symlink_to("/etc")
    with pytest.raises(GroundError, match="not by us"):
        refuse_strangers(tmp_path / "link", "nobody")
