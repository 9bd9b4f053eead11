"""Keeps one agent registered until it is closed; the same for both clients."""

from __future__ import annotations

import contextlib
import os
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout

from ..discovery.core import DiscoveryCore
from ..errors import ApiError, RegistryClientError, TimeoutError, is_api_error
from ..events import Closed, Deregistered, Failed, Late, Lost, Registered, Reregistered, Superseded
from ..options.options import JoinOptions
from ..options.rules import require_valid_options
from ..process.exit import closed, leave_at_exit, stay_at_exit
from ..records import Agent
from ..runtime.blocking import BlockingRuntime, run_blocking
from ..runtime.runtime import Flag
from ..transport.registry_api import HeartbeatReport, RegistryApi
from .calls import AgentCalls
from .instance import describe_takeover
from .joining import DEFAULT_JOIN_TIMEOUT_SECONDS, join_registry
from .outage_log import OutageLog
from .senders import create_sender
from .state import AgentState, logger

#: Timeout for deregistering on close: short, to not delay a shutdown.
DEREGISTER_TIMEOUT_SECONDS = 2.0


class AgentCore:
    """One agent over one runtime."""

    def __init__(
        self,
        options: JoinOptions,
        discovery: DiscoveryCore,
        *,
        owns_connection: bool,
    ) -> None:
        """Closes the connection if it owns it: the agents of a group share one."""
        runtime, connection = discovery.runtime, discovery.connection
        self._options = options
        self._runtime = runtime
        self._connection = connection
        self._owns_connection = owns_connection
        self.state = AgentState(options, discovery.registry_url, self._on_superseded)
        self.calls = AgentCalls(
            runtime, self.state, RegistryApi(connection), connection.timeout_seconds
        )
        self._sender = create_sender(runtime, options, self.state, self.calls, connection)
        self._is_joined = False
        self._lock = threading.Lock()
        self._closing: Future[None] | None = None
        self._pid = os.getpid()

    async def join(self, stopping: Flag | None = None) -> None:
        """Registers, retries while the registry is unreachable, and starts the heartbeats.

        Retries end with the last error when ``stopping`` is set.
        """
        outage = OutageLog(
            logger,
            subject=f"agent {self.state.agent_id}",
            problem="cannot be registered",
            registry_url=self.state.registry_url,
        )

        def failed(error: Exception) -> None:
            self.state.events.emit(Failed(error))
            outage.failed(error)

        timeout = self._options.get("join_timeout_seconds")
        await self._sender.prepare(self._runtime)
        try:
            await join_registry(
                self._runtime,
                self.register,
                join_timeout_seconds=DEFAULT_JOIN_TIMEOUT_SECONDS if timeout is None else timeout,
                failed=failed,
                stopping=stopping or self._runtime.flag(),
            )
        except BaseException:
            self._sender.request_stop()
            # The caller may have nothing to close.
            await self._close_connection()
            raise
        outage.succeeded()
        self._is_joined = True
        self._sender.start()

    async def register(self, timeout_seconds: float | None = None) -> Agent:
        """Registers the agent, or registers it again, and takes over from another instance."""
        self._require_own_process()
        self.state.has_left = False
        registered = await self.calls.register(timeout_seconds)
        leave_at_exit(self, exits_on_sigterm=self._options.get("exit_on_sigterm") is not False)
        self.state.events.emit(Registered(registered.agent))
        if self._is_joined and self._closing is None and not self.state.is_away:
            self._sender.start()
        return registered.agent

    async def register_if_lost(self) -> None:
        """Registers an agent that the registry no longer knows, unless it has left or is superseded."""
        if self.state.is_away:
            return
        self.state.events.emit(Lost(self.state.agent_id))
        registered = await self.calls.register()
        self.state.events.emit(Reregistered(registered.agent))

    async def confirm_superseded(self) -> None:
        """Finds out with a heartbeat whether another instance has taken over, as a batch was told.

        It may have been before this one registered again.
        """
        if not self.state.is_away:
            try:
                await self.calls.heartbeat()
            except RegistryClientError:
                pass

    def record(self, report: HeartbeatReport) -> int:
        """Records a report, which the next heartbeat delivers. Returns its number."""
        self._require_own_process()
        require_valid_options(report)
        check = self.state.check
        if check is not None:
            check.record_status(report.get("status"))
        number = self.state.report.record(report)
        self._sender.recorded(number, report)
        return number

    async def heartbeat(
        self, report: HeartbeatReport, timeout_seconds: float | None = None
    ) -> None:
        """Sends one heartbeat now."""
        self.record(report)
        await self.calls.heartbeat(timeout_seconds)

    async def deliver(
        self, report: HeartbeatReport, timeout_seconds: float | None = None
    ) -> None:
        """Records a report and returns when it has arrived, with any heartbeat."""
        started_at = self._runtime.now()
        delivered = self.state.report.delivered(self.record(report))
        try:
            limit = self.calls.heartbeat_timeout_seconds
            await self.calls.heartbeat(min(limit, timeout_seconds or limit))
        except RegistryClientError as error:
            if _is_rejection(error) or not self._will_retry:
                raise
            self.state.events.emit(Late(report, error))
            if is_api_error(error, "AGENT_NOT_FOUND"):
                self._sender.send_now()
        if not self._will_retry:
            return
        left = timeout_seconds and timeout_seconds - (self._runtime.now() - started_at)
        try:
            await self._runtime.wait(delivered, left and max(0.0, left))
        except FutureTimeout:
            seconds = timeout_seconds or 0
            message = f"the report did not arrive within {seconds:g} s; each heartbeat repeats it"
            raise TimeoutError(message, timeout_seconds=seconds) from None

    async def deregister(self, timeout_seconds: float | None = None) -> bool:
        """Deregisters the agent and stops its heartbeats until it registers again."""
        self._require_own_process()
        await self._leave()
        was_registered = await self.calls.deregister(timeout_seconds)
        stay_at_exit(self)
        return was_registered

    async def close(self, *, deregisters: bool = True) -> None:
        """Stops the heartbeats and deregisters on a best-effort basis, within 2 s each. Idempotent."""
        with self._lock:
            closing, is_first = self._closing, self._closing is None
            if closing is None:
                closing = self._closing = Future()
        if not is_first:
            await self._runtime.wait(closing)
        else:
            try:
                if self._pid == os.getpid():
                    await self._close(deregisters)
            finally:
                closing.set_result(None)
        await self._close_connection()

    def close_at_exit(self, resources: contextlib.ExitStack) -> None:
        """Closes the agent when the interpreter exits: nothing runs on an event loop any more.

        The agents of a group have one connection for that.
        """
        self._sender.request_stop()
        self.state.has_left = True
        connection = self._connection.blocking()
        resources.callback(lambda: run_blocking(connection.close()))
        calls = AgentCalls(BlockingRuntime(), self.state, RegistryApi(connection))
        run_blocking(self._deregister_on_close(calls))

    def forked(self) -> None:
        """Lets go of the agent in a forked process: it belongs to the parent."""
        self._sender.forked()

    @property
    def _will_retry(self) -> bool:
        return self._sender.is_running and not self.state.is_away

    async def _close(self, deregisters: bool) -> None:
        await self._leave()
        self.state.events.emit(Closed(self.state.agent_id))
        if deregisters:
            await self._deregister_on_close(self.calls)
        closed(self)

    async def _close_connection(self) -> None:
        if self._owns_connection:
            await self._connection.close()

    async def _deregister_on_close(self, calls: AgentCalls) -> None:
        try:
            await calls.deregister(DEREGISTER_TIMEOUT_SECONDS)
        except RegistryClientError as error:
            # The lease will lapse on its own.
            logger.warning("agent %s could not be deregistered: %s", self.state.agent_id, error)

    async def _leave(self) -> None:
        """A registration still in flight could arrive after the deregistration."""
        state = self.state
        state.has_left = True
        await self._sender.stop(DEREGISTER_TIMEOUT_SECONDS)
        await self.calls.wait_for_registrations(DEREGISTER_TIMEOUT_SECONDS)
        state.report.abandon(
            RegistryClientError(f"agent {state.agent_id} left before its report arrived")
        )
        if not state.instance.is_superseded:
            state.events.emit(Deregistered(state.agent_id))

    def _on_superseded(self, error: ApiError) -> None:
        state = self.state
        # Not waited for: the loop may be waiting for this call.
        self._sender.request_stop()
        state.report.abandon(error)
        stay_at_exit(self)
        # On close, it is how the previous process of an agent ends.
        if self._closing is None:
            logger.warning("%s", describe_takeover(state.agent_id, error.incarnation))
        state.events.emit(Superseded(state.agent_id, error.incarnation))

    def _require_own_process(self) -> None:
        if self._pid != os.getpid():
            raise RuntimeError(
                f"agent {self.state.agent_id} belongs to the process {self._pid}, from which this one "
                "was forked; join again in this process, with an id of its own"
            )


def _is_rejection(error: RegistryClientError) -> bool:
    """Whether the registry rejected the call; an agent that only has to register again does not count."""
    is_rejected = isinstance(error, ApiError) and not error.is_transient
    return is_rejected and not is_api_error(error, "AGENT_NOT_FOUND")
