"""
Real Keycloak, from its own Maven artifact, for `make test-keycloak`: staff sign in through it.

It is not part of `make up`: it takes 165 MB and half a minute. What it imports is the realm file a
body can begin its own from: `deploy/keycloak/tidtam-realm.json`.
"""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
from pathlib import Path

from ground.errors import GroundError
from ground.jars import digest
from ground.java import java
from ground.paths import cache_folder
from ground.ports import LOOPBACK
from ground.program import Probe, Program

VERSION = "26.5.0"
SHA256 = "907f10721092bf57436698733d5046ad9ccf39564991d046f5afd67fadf17f08"
REALM = Path(__file__).resolve().parents[3] / "keycloak" / "tidtam-realm.json"
REMEDY = "Everything but `make test-keycloak` works without it; TIDTAM_MAVEN names a mirror"
MEMORY = "-Xms64m -Xmx512m"


def archive() -> Path:
    """The archive of this version, from the cache or fetched. Raises `GroundError` in one line."""
    from jgo.constants import MAVEN_CENTRAL_URL
    from jgo.maven import MavenContext

    repository = cache_folder() / "maven"
    remote = os.environ.get("TIDTAM_MAVEN", MAVEN_CENTRAL_URL).rstrip("/")
    context = MavenContext(
        repo_cache=repository, local_repos=[], remote_repos={"maven": remote}, timeout=60
    )
    component = context.project("org.keycloak", "keycloak-quarkus-dist").at_version(VERSION)
    try:
        found = Path(component.artifact(classifier="", packaging="zip").resolve())
    except Exception as error:
        why = f"it cannot be fetched ({type(error).__name__})"
        raise GroundError(f"Keycloak {VERSION}", why, REMEDY) from error
    if digest(found) != SHA256:
        found.unlink()
        raise GroundError(f"Keycloak {VERSION}", "its sum is not the one we know", REMEDY)
    return found


def program(folder: Path, port: int, environment: dict[str, str]) -> Program:
    """
    Keycloak with our realm, on loopback. *environment*: what the realm file leaves open
    (`TIDTAM_PUBLIC_URL`, `TIDTAM_OIDC_CLIENT_SECRET`, `TIDTAM_TRIAL_PASSWORD`).
    """
    folder.mkdir(parents=True, exist_ok=True)
    home = folder / f"keycloak-{VERSION}"
    if not home.exists():
        with zipfile.ZipFile(archive()) as packed:
            packed.extractall(folder)
    start = home / "bin" / "kc.sh"
    start.chmod(start.stat().st_mode | stat.S_IXUSR)
    (home / "data" / "import").mkdir(parents=True, exist_ok=True)
    shutil.copy(REALM, home / "data" / "import")
    listening = (f"--http-host={LOOPBACK}", f"--http-port={port}", "--import-realm")
    return Program(
        name="keycloak",
        argv=(str(start), "start-dev", *listening),
        folder=folder,
        environment={
            **environment,
            "JAVA": java(),
            "JAVA_OPTS_KC_HEAP": MEMORY,
        },
        probe=Probe("http", port, "/realms/tidtam/.well-known/openid-configuration"),
        restart=False,
    )
