/** How something is: fine, odd but workable, or wrong. */
export type Verdict = 'good' | 'odd' | 'wrong'

/** What one check found out. */
export interface Finding {
  /** What was looked at, in a word or two. */
  readonly topic: string
  readonly verdict: Verdict
  readonly message: string
  /** What to do about it. */
  readonly advice?: string
}

export function good(topic: string, message: string): Finding {
  return { topic, verdict: 'good', message }
}

export function odd(topic: string, message: string, advice: string): Finding {
  return { topic, verdict: 'odd', message, advice }
}

export function wrong(topic: string, message: string, advice: string): Finding {
  return { topic, verdict: 'wrong', message, advice }
}
