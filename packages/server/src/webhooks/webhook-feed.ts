/** An event that is sent to webhooks. */
export interface WebhookEvent {
  /** The same whenever it is sent again. */
  readonly id: string
  /** The position after it. */
  readonly position: string
  /** Returns the CloudEvent, as JSON. */
  json(): string
}

/** What follows a position, through a filter. */
export interface WebhookPage {
  readonly events: readonly WebhookEvent[]
  /** The position up to which the history was searched, after the last event. */
  readonly position: string
  /** The revision of that position. */
  readonly revision: number
}

/** Where the events of webhooks come from: the history that pages of `GET /events` are read from. */
export interface WebhookFeed {
  /**
   * Reads what follows a position, at most a page.
   *
   * @throws RegistryError `REVISION_GONE` if the history no longer has the position
   */
  read(
    query: { readonly since: string; readonly filter: object },
    signal: AbortSignal,
  ): Promise<WebhookPage>
  /** Returns an event that says that events are missing, and that the next ones follow from now on. */
  reset(): Promise<WebhookEvent>
  /** Returns an event to try a webhook with. */
  test(webhookId: string): Promise<WebhookEvent>
  /** Resolves once there is more than this revision, or when the signal is aborted. */
  changed(revision: number, signal: AbortSignal): Promise<void>
  /** The revision of the last change. */
  readonly newest: number
  /** Ends the subscription to changes. */
  close(): void
}
