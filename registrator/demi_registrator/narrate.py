"""One log line for each change, with site, stack, service and container."""

import logging

from demi_adapters.names import ServiceName
from demi_registrator.plan import Deregister, Register, SetStatus, Step, WriteKeys

logger = logging.getLogger("demi_registrator")


def narrate(name: ServiceName, step: Step) -> None:
    """Say what was done."""
    where = f"{name.site}/{name.stack}/{name.service}"
    match step:
        case Register(registration) if step.is_new:
            logger.info(
                "%s registered at %s (container %s)",
                where,
                registration.url,
                registration.container,
            )
        case Register(registration, why):
            logger.info("%s updated (container %s): %s", where, registration.container, why)
        case Deregister(id_):
            logger.info("%s deregistered (%s)", where, id_)
        case SetStatus(id_, status):
            logger.info("%s is %s, says Docker (%s)", where, status, id_)
        case WriteKeys(changes):
            gone = sum(change.new is None for change in changes)
            logger.info("%s keys: %d written, %d removed", where, len(changes) - gone, gone)
