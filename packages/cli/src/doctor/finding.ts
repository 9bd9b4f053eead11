/** The result of a check. */
export type Verdict = 'ok' | 'warn' | 'fail'

/** The outcome of one check. */
export interface Finding {
  /** What was checked, in one or two words. */
  readonly topic: string
  readonly verdict: Verdict
  readonly message: string
  /** How to fix the problem. */
  readonly advice?: string
}

export function ok(topic: string, message: string): Finding {
  return { topic, verdict: 'ok', message }
}

export function warn(topic: string, message: string, advice: string): Finding {
  return { topic, verdict: 'warn', message, advice }
}

export function fail(topic: string, message: string, advice: string): Finding {
  return { topic, verdict: 'fail', message, advice }
}
