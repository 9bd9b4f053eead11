import type { Rule } from './rule.ts'

/** Rules of joining and leaving. */
export const REGISTRATION_RULES: readonly Rule[] = [
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
    typescript: [
      'agent-registry-client.ts',
      'this.#closing ??= this.#close()',
      'this.#closing = this.#close()',
    ],
    python: ['agent/core.py', 'if not is_first:', 'if False:'],
  },
  {
    topic: 'leaving',
    case: 'a registration in flight is waited for before the goodbye',
    typescript: [
      'agent-registry-client.ts',
      'await this.#parts.registration.settle(DEREGISTER_TIMEOUT_MS)',
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
]
