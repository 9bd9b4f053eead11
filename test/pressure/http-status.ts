/** Returns the status of a response; 0 without one in time. */
export async function statusOf(
  url: string,
  {
    method = 'GET',
    body,
    withinMs = 5000,
  }: { method?: string; body?: unknown; withinMs?: number } = {},
): Promise<{ status: number; text: string }> {
  try {
    const response = await fetch(url, {
      method,
      signal: AbortSignal.timeout(withinMs),
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    })
    return { status: response.status, text: await response.text() }
  } catch {
    return { status: 0, text: '' }
  }
}
