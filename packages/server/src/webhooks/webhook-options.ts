/** Options of webhooks. */
export interface WebhookOptions {
  /** Webhooks that the registry may have, disabled ones included; default 100. */
  readonly maxWebhooks?: number | undefined
  /**
   * Networks to which events may be sent although they are not on the public internet: `10.1.0.0/16`, `fd00:1::/48`,
   * `127.0.0.1`. Default: none.
   */
  readonly webhookNetworks?: readonly string[] | undefined
  /** Seconds in which the receiver of a webhook must respond; default 10. */
  readonly webhookTimeoutSeconds?: number | undefined
  /** Seconds for which an event is sent again to a webhook that does not accept it; default 86 400. */
  readonly webhookRetrySeconds?: number | undefined
}
