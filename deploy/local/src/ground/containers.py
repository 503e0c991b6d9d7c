"""The test servers as containers, where a Docker engine answers and can get the images."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from importlib import import_module

from ground.ports import LOOPBACK, free_ports

KAFKA_IMAGE = "apache/kafka:4.3.0"
POSTGRES_IMAGE = "postgres:18-alpine"
ANSWER_SECONDS = 3
PULL_SECONDS_MAX = 60


def engine_has_images() -> bool:
    """Whether an engine answers in seconds and has both images, or gets each in a minute."""
    with warnings.catch_warnings():
        # The docker package leaves a socket open when nobody answers.
        warnings.simplefilter("ignore", ResourceWarning)
        answer = _answers() and all(_has_image(image) for image in (KAFKA_IMAGE, POSTGRES_IMAGE))
        gc.collect()
    return answer


def _answers() -> bool:
    try:
        docker = import_module("docker")
    except ImportError:
        return False
    try:
        return bool(docker.from_env(timeout=ANSWER_SECONDS).ping())
    except (OSError, docker.errors.DockerException):
        return False


def _has_image(image: str) -> bool:
    docker = import_module("docker")
    engine = docker.from_env(timeout=PULL_SECONDS_MAX)
    pool = ThreadPoolExecutor(1)
    try:
        if not engine.images.list(image):
            pool.submit(engine.images.pull, image).result(PULL_SECONDS_MAX)
    except (OSError, TimeoutError, docker.errors.DockerException):
        return False
    else:
        return True
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def containers(names: Sequence[str]) -> Iterator[dict[str, str]]:
    """The named servers ("kafka", "postgres") as containers; their addresses by name."""
    starting = {"kafka": _kafka, "postgres": _postgres}
    with ExitStack() as stack:
        yield {name: starting[name](stack) for name in names}


def _kafka(stack: ExitStack) -> str:
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy

    (port,) = free_ports(1)
    settings = {
        "NODE_ID": "1",
        "PROCESS_ROLES": "broker,controller",
        "CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
        "LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "ADVERTISED_LISTENERS": f"PLAINTEXT://{LOOPBACK}:{port}",
        "AUTO_CREATE_TOPICS_ENABLE": "false",
        "OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR": "1",
        "SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR": "1",
        "GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
    }
    container = DockerContainer(KAFKA_IMAGE).with_bind_ports(9092, port)
    for name, value in settings.items():
        container = container.with_env(f"KAFKA_{name}", value)
    stack.enter_context(container.waiting_for(LogMessageWaitStrategy("Kafka Server started")))
    return f"{LOOPBACK}:{port}"


def _postgres(stack: ExitStack) -> str:
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy

    (port,) = free_ports(1)
    container = DockerContainer(POSTGRES_IMAGE).with_bind_ports(5432, port)
    container = container.with_env("POSTGRES_HOST_AUTH_METHOD", "trust")
    started = LogMessageWaitStrategy("database system is ready to accept connections", times=2)
    stack.enter_context(container.waiting_for(started))
    return f"postgresql://postgres@{LOOPBACK}:{port}"
