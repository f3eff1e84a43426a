// Dead letters that a redrive cannot help: the same bytes would fail for the same reason. One home: redrives, lists, page and CLI ask here.

/** Reason -> why sending it again fails again, and what would have to change first. A sentence. */
const HOPELESS: Readonly<Record<string, string>> = {
  too_old: 'The event is older than the vendor takes, and it only gets older.',
  expired: 'The event is older than its destination keeps events: raise the retention there first.',
  event_too_large: 'The event is larger than the vendor takes.',
  too_many_properties: 'The event has more fields than the vendor takes.',
  not_an_event: 'These bytes are no Auth0 log, so no sink can take them.',
  not_json: 'These bytes are not JSON, so no sink can take them.',
  no_log_id: 'The event has no log_id, so no sink can take it.',
  bad_encoding: 'The body could not be decompressed, so no sink can take it.',
  refused_by_kafka: 'Kafka never takes this record.',
  not_redactable: 'REDACT cannot be applied to the event: change REDACT first.',
}

/** Empty where a redrive may succeed, as far as the reason tells. */
export const whyHopeless = (reason: string): string => (Object.hasOwn(HOPELESS, reason) ? HOPELESS[reason] : '')
