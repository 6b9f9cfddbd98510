"""One run: read what there is, plan, apply."""

import logging
from collections.abc import Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from demi_adapters.consul_client import ConsulClient
from demi_adapters.consul_types import Operation
from demi_adapters.errors import ConfigurationError, ConflictError, RefusedError
from demi_adapters.names import ServiceName
from demi_adapters.problems import Problem
from demi_adapters.registration import Registrations
from demi_registrator.apply import Outcome, apply_plan
from demi_registrator.confirmations import Confirmations
from demi_registrator.desired import Desired, desired_state
from demi_registrator.install import install_template
from demi_registrator.narrate import narrate
from demi_registrator.observed import Observed
from demi_registrator.plan import make_plan
from demi_registrator.record import Record, record_path
from demi_registrator.roll_call import is_alive
from demi_registrator.session import own_sessions
from demi_registrator.steps import Identity, Plan
from demi_registrator.view import View, look_at

logger = logging.getLogger(__name__)

# Consul's agent with a data folder writes one registration after the other, so more do not help.
_WORKERS = 4
# Our session may end between two answers that are read together: one look proves nothing.
_SURE_AFTER = 5


class Reconciler:
    """Keeps one owner's part of Consul as it should be. Not shared between threads.

    `is_alone` turns true once it is sure that nobody else works under our name. What looks stale
    until then may be somebody's, and must not be removed.
    """

    def __init__(self, consul: ConsulClient, record: Record, sites: Sequence[str]) -> None:
        self._consul = consul
        self._owner = record.owner
        self._instance = record.instance
        self._engine_id = record.engine_id
        self._sites = sites
        self.is_alone = False
        self._call: Future[bool] | None = None
        self._seen_elsewhere = 0
        self._observed = Observed()
        self._identity = Identity(owner=record.owner)
        self._plan_problems: tuple[Problem, ...] = ()
        self._contested: frozenset[ServiceName] = frozenset()
        self._refusals: dict[str, Problem] = {}
        self._confirmations = Confirmations()
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="apply")

    @property
    def session(self) -> str | None:
        """The session that holds our keys, once there is one."""
        return self._identity.session

    @property
    def contested(self) -> frozenset[ServiceName]:
        """The services whose keys another registrator holds, as far as was seen."""
        return self._contested

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What stood in the way of the last runs."""
        return (*self._plan_problems, *self._refusals.values())

    def close(self) -> None:
        """End the worker threads."""
        self._workers.shutdown(wait=False, cancel_futures=True)

    def look(self) -> None:
        """Read Consul afresh, and make sure of session and query template.

        Raises:
            TransientError: Consul can't answer now.
            RefusedError: the token lacks a right without which nothing works.
            ConfigurationError: another registrator of the same name runs.
        """
        view = self._view()
        if len(view.sessions) > 1:  # two processes made one at the same moment
            for surplus in view.sessions[1:]:
                self._consul.destroy_session(surplus)
            view = self._view()  # what they held went with them
        self._refusals.clear()
        session = next(iter(view.sessions), None) or self._consul.create_session(
            record_path(self._owner)
        )
        if not self.is_alone:
            self._find_out_whether_alone(view, session)
        former = [f for f in view.former if not self._is_alive(f.owner, session)]
        for gone in former:
            logger.warning("taking over what this engine registered as %s", gone.owner)
        self._observed = view.observed
        self._identity = Identity(
            owner=self._owner,
            session=session,
            former_owners=frozenset(f.owner for f in former),
            former_sessions=frozenset(f.session for f in former),
        )
        if problem := install_template(self._consul, view.template):
            self._refusals[problem.message] = problem

    def converge(
        self,
        registrations: Registrations,
        *,
        only: Collection[ServiceName] | None = None,
        may_delete: bool = True,
        may_update: bool = True,
    ) -> Outcome:
        """Plan and apply, for all services or only some, on what was last seen of Consul."""
        desired = desired_state(registrations)
        plan = make_plan(
            desired,
            self._observed,
            self._identity,
            only=only,
            may_delete=may_delete,
            may_update=may_update,
        )
        self._note_problems(plan, only)
        outcome = self._apply(plan)
        complete = (
            only is None
            and may_delete
            and not (outcome.retry or outcome.outdated or outcome.problems)
        )
        if complete and self._identity.former_sessions:
            self._forget_former_selves()
        return outcome

    def confirm(self, registrations: Registrations, now: float) -> None:
        """Feed the TTL checks that would lapse otherwise, a few at a time.

        Args:
            registrations: what is registered.
            now: seconds of a steady clock.
        """
        ours = {
            id_: service
            for id_, service in desired_state(registrations).services.items()
            if id_ in self._observed.services
            and self._identity.owns_service(self._observed.services[id_])
        }
        due = self._confirmations.due(ours, now)
        if due:
            outcome = self._apply(Plan(due), tell=False)
            self._confirmations.note(outcome.done, now)

    def publish(self, content: str) -> int:
        """Write our state record; the index at which it was written.

        Raises:
            ConfigurationError: somebody else holds it, who must be called like us.
            ConflictError: our session has ended.
        """
        path, session = record_path(self._owner), self.session or ""
        lock = Operation("lock", path, value=content, session=session)
        try:
            [written] = self._consul.transact([lock])
        except ConflictError:
            self._seen_elsewhere += self._is_held_elsewhere(path)
            if self._seen_elsewhere >= _SURE_AFTER:
                raise ConfigurationError(
                    f"{path} is held by a session that is not ours: a registrator on another "
                    f"Consul agent is called {self._owner} as well. Give each its own DEMI_OWNER."
                ) from None
            raise
        self._seen_elsewhere = 0
        return written.modify_index

    def remove_everything(self) -> None:
        """Deregister our services and end our session, and with it the keys that it holds.

        Raises:
            TransientError: Consul could not do all of it now.
            RefusedError: it refused some of it.
        """
        self.look()
        nothing = Desired({}, {})
        outcome = self._apply(make_plan(nothing, self._observed, self._identity))
        if outcome.retry:
            raise outcome.retry[0]
        if outcome.problems:
            raise RefusedError(outcome.problems[0].message)
        if self.session is not None:
            self._consul.destroy_session(self.session)

    def _view(self) -> View:
        return look_at(
            self._consul, owner=self._owner, engine_id=self._engine_id, sites=self._sites
        )

    def _apply(self, plan: Plan, *, tell: bool = True) -> Outcome:
        outcome = apply_plan(plan, self._consul, self._observed, self.session or "", self._workers)
        for name, step in outcome.done if tell else ():
            narrate(name, step)
        for problem in outcome.problems:
            self._refusals[problem.message] = problem
        return outcome

    def _note_problems(self, plan: Plan, only: Collection[ServiceName] | None) -> None:
        looked_at = None if only is None else {str(name) for name in only}
        kept = (p for p in self._plan_problems if looked_at and p.service not in looked_at)
        self._plan_problems = (*kept, *plan.problems)
        self._contested = plan.contested | (
            frozenset() if only is None else self._contested - set(only)
        )

    def _forget_former_selves(self) -> None:
        for session in self._identity.former_sessions:
            self._consul.destroy_session(session)
        self._identity = Identity(owner=self._owner, session=self.session)

    def _find_out_whether_alone(self, view: View, session: str) -> None:
        """Call the process that published under our name before us.

        Only after a while is it sure that nobody answers; the work goes on meanwhile.
        """
        if self._call is None and view.record.get("instance", self._instance) == self._instance:
            self.is_alone = True
        elif self._call is None or (self._call.done() and self._call.exception()):
            self._call = self._workers.submit(self._is_alive, self._owner, session)
        elif self._call.done() and self._call.result():
            raise ConfigurationError(
                f"a registrator called {self._owner} runs already. Stop it first, or give this "
                "one a name of its own (DEMI_OWNER)."
            )
        elif self._call.done():
            self.is_alone = True

    def _is_held_elsewhere(self, path: str) -> bool:
        """Whether a session holds a key that is none of ours on this node.

        A request of ours whose answer was lost may have been carried out late: then it is ours.
        """
        _, keys = self._consul.keys(path)
        holder = next((key.session for key in keys if key.path == path), None)
        here = self._consul.sessions(self._consul.agent().node)
        return holder is not None and holder not in own_sessions(here, self._owner)

    def _is_alive(self, owner: str, session: str) -> bool:
        return is_alive(self._consul, owner, caller=self._instance, session=session)
