"""Apache Kafka as one node that is broker and controller (KRaft), on the loopback."""

from __future__ import annotations

from pathlib import Path

from ground.jars import class_path
from ground.java import QUICK, java
from ground.ports import LOOPBACK
from ground.program import Probe, Program

CLUSTER_ID = "dGlkdGFtLW9uZS1ub2Rlcw"


def configuration(data: Path, port: int, controller_port: int, session_timeout_ms: int) -> str:
    """
    The server.properties of the node.

    A topic nobody declared is a mistake, so the broker makes none by itself.
    A short session timeout lets a node that was killed register again without a long wait.
    """
    lines = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port}",
        "log.dirs": data,
        "auto.create.topics.enable": "false",
        "num.partitions": 4,
        "default.replication.factor": 1,
        "min.insync.replicas": 1,
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 10,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 4,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "share.coordinator.state.topic.num.partitions": 4,
        "group.initial.rebalance.delay.ms": 0,
        "broker.session.timeout.ms": session_timeout_ms,
        "broker.heartbeat.interval.ms": min(500, session_timeout_ms // 4),
        "log.cleaner.dedupe.buffer.size": 4 * 1024 * 1024 + 1024 * 1024,
        "log.cleaner.threads": 1,
    }
    return "".join(f"{key}={value}\n" for key, value in lines.items())


LOGGING = """
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %p %c{1} %m%n%throwable{3}
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
"""


def program(
    folder: Path,
    port: int,
    controller_port: int,
    session_timeout_ms: int = 2000,
    heap_mb: int = 512,
) -> Program:
    """
    Kafka in `folder`, its data kept there from one start to the next.

    Writes the configuration; fetches the jars when the cache lacks them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    properties = folder / "server.properties"
    properties.write_text(configuration(folder / "data", port, controller_port, session_timeout_ms))
    logging = folder / "log4j2.properties"
    logging.write_text(LOGGING)
    jars = ":".join(str(jar) for jar in class_path("kafka"))
    logged = f"-Dlog4j2.configurationFile={logging}"
    engine = (java(), f"-Xmx{heap_mb}m", *QUICK, logged, "-cp", jars)
    brief = (java(), *QUICK, logged, "-cp", jars)
    formatting = (*brief, "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID)
    is_formatted = (folder / "data" / "meta.properties").exists()
    return Program(
        name="kafka",
        argv=(*engine, "kafka.Kafka", str(properties)),
        folder=folder,
        prepare=() if is_formatted else ((*formatting, "-c", str(properties)),),
        probe=Probe("kafka", port),
    )
