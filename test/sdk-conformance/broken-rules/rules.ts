/** A place in a source file of an SDK, and what breaks it. */
export type Break = readonly [file: string, text: string, replacement: string]

/** A rule of the contract: the case of the suite that fails in an SDK that breaks it. */
export interface Rule {
  readonly topic: string
  readonly case: string
  /** Relative to `packages/client/src`. */
  readonly typescript: Break
  /** Relative to `packages/python/src/rollcall_client`. */
  readonly python: Break
}

/** A sample of the rules in `docs/sdk-contract.md`, with one way to break each. */
export const RULES: readonly Rule[] = [
  {
    topic: 'joining',
    case: 'join retries while the registry is unavailable, and obeys Retry-After',
    typescript: ['join.ts', 'if (!error.isTransient) throw', 'throw'],
    python: ['agent/joining.py', 'if not error.is_transient:', 'if True:'],
  },
  {
    topic: 'joining',
    case: 'join does not repeat what the registry rejects',
    typescript: ['join.ts', 'if (!error.isTransient) throw joinFailure(error)', ''],
    python: ['agent/joining.py', 'if not error.is_transient:', 'if False:'],
  },
  {
    topic: 'joining',
    case: 'join gives up after its timeout, and says what to do',
    typescript: ['join.ts', 'throw joinFailure(error, clock.now() - startedAt)', 'throw error'],
    python: ['agent/joining.py', 'raise _gave_up(error, elapsed) from None', 'raise'],
  },
  {
    topic: 'joining',
    case: 'an agent registers without its instance at an older registry',
    typescript: [
      'agent/agent-instance.ts',
      'this.disable()\n      return',
      'throw error\n      return',
    ],
    python: [
      'agent/instance.py',
      'if self._id is None or not rejects_instances(error):',
      'if True:',
    ],
  },
  {
    topic: 'joining',
    case: 'the agent joins through the next address while one is away',
    typescript: ['transport/connection.ts', 'if (!shouldFailOver(error)) throw', 'throw'],
    python: ['transport/connection.py', 'if not _should_fail_over(error):', 'if True:'],
  },
  {
    topic: 'joining',
    case: 'credentials in the URL are sent as basic authentication',
    typescript: ['transport/connection.ts', '...(authorization && { authorization }),', ''],
    python: ['transport/connection.py', 'if address.authorization:', 'if False:'],
  },
  {
    topic: 'heartbeats',
    case: 'heartbeats come as often as the registry asks',
    typescript: [
      'agent/heartbeat-schedule.ts',
      'return ownSeconds ?? askedSeconds',
      'return ownSeconds',
    ],
    python: [
      'agent/schedule.py',
      'return asked_seconds if own_seconds is None else own_seconds',
      'return own_seconds',
    ],
  },
  {
    topic: 'heartbeats',
    case: 'the interval of the application is in force',
    typescript: [
      'agent/heartbeat-schedule.ts',
      'return isOverloaded ? Math.max(ownSeconds, askedSeconds) : ownSeconds',
      'return askedSeconds',
    ],
    python: [
      'agent/schedule.py',
      'return max(own_seconds, asked_seconds) if is_overloaded else own_seconds',
      'return asked_seconds',
    ],
  },
  {
    topic: 'heartbeats',
    case: 'an overloaded registry outweighs the interval of the application',
    typescript: [
      'agent/heartbeat-schedule.ts',
      'return isOverloaded ? Math.max(ownSeconds, askedSeconds) : ownSeconds',
      'return ownSeconds',
    ],
    python: [
      'agent/schedule.py',
      'return max(own_seconds, asked_seconds) if is_overloaded else own_seconds',
      'return own_seconds',
    ],
  },
  {
    topic: 'heartbeats',
    case: 'no answer makes heartbeats come more often than every 100 ms',
    typescript: ['agent/backoff.ts', 'MIN_DELAY_MS = 100', 'MIN_DELAY_MS = 1'],
    python: ['agent/backoff.py', 'MIN_DELAY_SECONDS = 0.1', 'MIN_DELAY_SECONDS = 0.001'],
  },
  {
    topic: 'heartbeats',
    case: 'an invalid TTL or interval leaves the last one in force',
    typescript: [
      'agent/heartbeat-schedule.ts',
      'ttl >= minimum && ttl <= maximum ? ttl : undefined',
      'ttl',
    ],
    python: [
      'agent/schedule.py',
      'ttl if ttl is not None and _MIN_TTL_SECONDS <= ttl <= _MAX_TTL_SECONDS else None',
      'ttl',
    ],
  },
  {
    topic: 'heartbeats',
    case: 'Retry-After is obeyed',
    typescript: ['agent/backoff.ts', 'if (requestedMs <= 0) return', 'return'],
    python: ['agent/backoff.py', 'if asked <= 0:', 'if True:'],
  },
  {
    topic: 'heartbeats',
    case: 'a Retry-After beyond a third of the TTL is cut off there',
    typescript: [
      'agent/backoff.ts',
      'Math.min(maxMs, Math.max(MIN_DELAY_MS, requestedMs + jitter))',
      'Math.max(MIN_DELAY_MS, requestedMs + jitter)',
    ],
    python: [
      'agent/backoff.py',
      'min(max_seconds, max(MIN_DELAY_SECONDS, asked + jitter))',
      'max(MIN_DELAY_SECONDS, asked + jitter)',
    ],
  },
  {
    topic: 'heartbeats',
    case: 'a heartbeat times out after a third of the TTL',
    typescript: [
      'agent/agent-heartbeats.ts',
      'Math.min(timeoutMs, (ttlSeconds * 1000) / 3)',
      'timeoutMs',
    ],
    python: ['agent/calls.py', 'min(timeout_seconds, ttl_seconds / 3)', 'timeout_seconds'],
  },
  {
    topic: 'heartbeats',
    case: 'the log says once that the registry is away, and once that it is back',
    typescript: ['agent/outage-log.ts', 'this.#isOut = true', ''],
    python: ['agent/outage_log.py', 'self._is_out = True', 'pass'],
  },
  {
    topic: 'heartbeats',
    case: 'an agent that the registry has lost registers again',
    typescript: [
      'agent/heartbeat-loop.ts',
      "if (!isApiError(error, 'AGENT_NOT_FOUND')) throw",
      'throw',
    ],
    python: [
      'agent/heartbeat_loop.py',
      'if not is_api_error(error, "AGENT_NOT_FOUND") or self._is_over:',
      'if True:',
    ],
  },
  {
    topic: 'heartbeats',
    case: 'a 404 without an error code of a registry loses no agent',
    typescript: ['transport/responses.ts', '(isUnknownAgent ?', '(status === 404 ?'],
    python: ['transport/responses.py', 'if is_unknown_agent else', 'if status == 404 else'],
  },
  {
    topic: 'heartbeats',
    case: 'while its check fails, an agent is busy',
    typescript: ['agent/health-check.ts', "this.#setStatus('busy')", "this.#setStatus('ready')"],
    python: ['agent/health_check.py', 'self._set_status("busy")', 'self._set_status("ready")'],
  },
  {
    topic: 'heartbeats',
    case: 'while a silent check fails, no heartbeats are sent',
    typescript: ['agent/health-check.ts', 'return !this.#isFailing', 'return true'],
    python: ['agent/health_check.py', 'return not self._is_failing', 'return True'],
  },
  {
    topic: 'reports',
    case: 'a status is repeated until it has arrived',
    typescript: [
      'agent/agent-report.ts',
      'if (!arrived || !call.isExclusive)',
      'if (!call.isExclusive)',
    ],
    python: [
      'agent/report.py',
      'if not has_arrived or not delivery.is_exclusive:',
      'if not delivery.is_exclusive:',
    ],
  },
  {
    topic: 'reports',
    case: 'a report that the registry rejects is dropped',
    typescript: ['agent/agent-report.ts', 'error.status === 422', 'error.status === 0'],
    python: ['agent/report.py', 'error.status == 422', 'error.status == 0'],
  },
  {
    topic: 'reports',
    case: 'a lost agent registers with what it has reported',
    typescript: ['agent/agent-registration.ts', "report.send('all')", "report.send('unsent')"],
    python: ['agent/calls.py', 'state.report.send_all()', 'state.report.send()'],
  },
  {
    topic: 'leaving',
    case: 'close deregisters in the name of the instance, and ends the heartbeats',
    typescript: ['agent/deregister.ts', '{ ...options, instanceId }', 'options'],
    python: [
      'agent/calls.py',
      'state.agent_id, instance_id=instance_id,',
      'state.agent_id, instance_id=None,',
    ],
  },
  {
    topic: 'leaving',
    case: 'close is idempotent',
    typescript: ['agent-registry-client.ts', 'this.#closing ??=', 'this.#closing ='],
    python: ['agent/core.py', 'if not is_first:', 'if False:'],
  },
  {
    topic: 'leaving',
    case: 'a registration in flight is waited for before the goodbye',
    typescript: [
      'agent-registry-client.ts',
      'await sleep(this.clock, DEREGISTER_TIMEOUT_MS, registered.signal)',
      '',
    ],
    python: [
      'agent/core.py',
      'await self.calls.wait_for_registrations(DEREGISTER_TIMEOUT_SECONDS)',
      'pass',
    ],
  },
  {
    topic: 'leaving',
    case: 'an agent that has left stays away until it registers',
    typescript: ['agent-registry-client.ts', 'await this.#parts.sender.stop()', ''],
    python: ['agent/core.py', 'await self._sender.stop(DEREGISTER_TIMEOUT_SECONDS)', 'pass'],
  },
  {
    topic: 'leaving',
    case: 'a superseded agent falls silent, and does not say goodbye',
    typescript: ['agent/deregister.ts', 'if (instance.isSuperseded) return false', ''],
    python: ['agent/calls.py', 'if state.instance.is_superseded:', 'if False:'],
  },
  {
    topic: 'groups',
    case: 'one request renews all agents of a group',
    typescript: ['agent/heartbeat-batch.ts', 'others.length === 0', 'others.length < 0'],
    python: ['agent/batch.py', 'if len(instances) == 1 else', 'if False else'],
  },
  {
    topic: 'groups',
    case: 'the agent with the shortest TTL sets the pace of its group',
    typescript: [
      'agent/agent-group.ts',
      'if (previous?.ttlSeconds === ttlSeconds)',
      'if (previous)',
    ],
    python: [
      'agent/group_core.py',
      'if previous is not None and previous.ttl_seconds <= ttl_seconds:',
      'if previous is not None:',
    ],
  },
  {
    topic: 'groups',
    case: 'only the lost agents of a group register again',
    typescript: ['agent/agent-group.ts', 'this.#forEach(outcome.unknown,', 'this.#forEach([],'],
    python: ['agent/group_core.py', 'self._known(outcome.unknown)', '[]'],
  },
  {
    topic: 'groups',
    case: 'an agent that a batch calls superseded by mistake stays',
    typescript: [
      'agent/agent-group.ts',
      'member.confirmSuperseded({ signal })',
      'this.leave(member.agentId) as never',
    ],
    python: [
      'agent/group_core.py',
      'await self._for_each(self._known(outcome.superseded), AgentCore.confirm_superseded)',
      '[self.leave(it) for it in outcome.superseded]',
    ],
  },
  {
    topic: 'discovery',
    case: 'pages follow the links of the registry',
    typescript: ['transport/registry-api.ts', 'DEFAULT_PAGE_SIZE = 1000', 'DEFAULT_PAGE_SIZE = 10'],
    python: ['discovery/query.py', '_DEFAULT_PAGE_SIZE = 1000', '_DEFAULT_PAGE_SIZE = 10'],
  },
  {
    topic: 'discovery',
    case: 'a page that comes again ends in an error',
    typescript: ['transport/registry-api.ts', 'if (visited.has(next))', 'if (false)'],
    python: ['transport/registry_api.py', 'if following in visited:', 'if False:'],
  },
  {
    topic: 'discovery',
    case: 'an id that would change the path is rejected',
    typescript: ['transport/agent-requests.ts', '/^\\.{0,2}$/.test(agentId)', "agentId === ''"],
    python: ['transport/registry_api.py', 're.fullmatch(r"\\.{0,2}", agent_id)', 'agent_id == ""'],
  },
  {
    topic: 'watches',
    case: 'a watch resumes after the last event',
    typescript: ['discovery/watch.ts', 'lastEventId = event.lastEventId || lastEventId', ''],
    python: ['discovery/watch.py', 'last_event_id = event_id or last_event_id', 'pass'],
  },
  {
    topic: 'watches',
    case: 'a filter that was accepted is not rejected later',
    typescript: ['discovery/watch.ts', 'if (!wasAccepted && ', 'if ('],
    python: ['discovery/watch.py', 'if not was_accepted and not', 'if not'],
  },
  {
    topic: 'watches',
    case: 'a watch ends if the registry rejects its filter',
    typescript: ['discovery/watch.ts', 'if (!wasAccepted && ', 'if (false && '],
    python: ['discovery/watch.py', 'if not was_accepted and', 'if False and'],
  },
  {
    topic: 'watches',
    case: 'events may arrive in any pieces',
    typescript: [
      'discovery/server-sent-events.ts',
      "if (endedWithCr && text.startsWith('\\n'))",
      'if (false)',
    ],
    python: [
      'discovery/server_sent_events.py',
      'if self._ended_with_cr and text.startswith("\\n"):',
      'if False:',
    ],
  },
  {
    topic: 'watches',
    case: 'a watch of loads does without where the registry has none',
    typescript: ['discovery/watch.ts', "if (isApiError(error, 'VALIDATION_FAILED'))", 'if (false)'],
    python: ['discovery/watch.py', 'if not is_api_error(error, "VALIDATION_FAILED"):', 'if True:'],
  },
  {
    topic: 'live views',
    case: 'a view keeps its agents while the registry is away',
    typescript: [
      'discovery/live-view.ts',
      'this.#incoming = new Map()',
      'this.#agents = new Map()',
    ],
    python: [
      'discovery/view_state.py',
      '            self._incoming = {}',
      '            self._agents = {}',
    ],
  },
  {
    topic: 'live views',
    case: 'every SDK picks the same agent for a key',
    typescript: ['discovery/pick.ts', '0x85ebca6b', '0x85ebca6d'],
    python: ['discovery/pick.py', '0x85EBCA6B', '0x85EBCA6D'],
  },
  {
    topic: 'live views',
    case: 'of two agents, the less loaded is picked',
    typescript: ['discovery/pick.ts', 'loadOf(other) < loadOf(one)', 'loadOf(other) > loadOf(one)'],
    python: [
      'discovery/pick.py',
      '_load_of(other) < _load_of(one)',
      '_load_of(other) > _load_of(one)',
    ],
  },
  {
    topic: 'live views',
    case: 'round robin takes turns, without the excluded',
    typescript: ['discovery/live-view.ts', 'this.#nextIndex++ %', 'this.#nextIndex %'],
    python: ['discovery/view_state.py', 'self._next_index + 1', 'self._next_index'],
  },
]
