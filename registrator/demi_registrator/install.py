"""Put the query template in its place, unless somebody else's is there."""

import logging
from collections.abc import Mapping
from typing import Any

from demi_adapters.consul_client import ConsulClient
from demi_adapters.errors import ConflictError, RefusedError
from demi_adapters.problems import Code, Problem
from demi_registrator.template import DEFINITION, is_current, is_ours

logger = logging.getLogger(__name__)


def install_template(consul: ConsulClient, existing: Mapping[str, Any] | None) -> Problem | None:
    """Create or update the template; why it does not answer, where it can't.

    Args:
        consul: where to put it.
        existing: the query that occupies its place now, whoever made it.

    Raises:
        TransientError: Consul can't answer now.
    """
    try:
        if existing is None:
            consul.create_query(DEFINITION)
            logger.info("installed the query template SERVICE.STACK.SITE.query.consul")
        elif not is_ours(existing):
            return _held("another query template with an empty name is in its place")
        elif not is_current(existing):
            consul.update_query(str(existing["ID"]), DEFINITION)
            logger.info("updated the query template")
    except (RefusedError, ConflictError) as error:
        return _held(str(error))
    return None


def _held(why: str) -> Problem:
    return Problem(
        code=Code.QUERY_HELD,
        message=(
            f"SERVICE.STACK.SITE.query.consul does not answer: {why}. Look-ups of "
            "SITE-STACK-SERVICE.service.consul work all the same."
        ),
    )
