// Limits of Papertrail: https://www.papertrail.com/help/log-size-limits/ and RFC 5424: https://www.rfc-editor.org/rfc/rfc5424#section-6

/** One message over TCP or TLS, framing included. */
export const MAX_STREAM_MESSAGE_BYTES = 100_000
/** One message over UDP. */
export const MAX_DATAGRAM_BYTES = 1_024
/** Host names are cut here. */
export const MAX_HOST_LENGTH = 120
export const MAX_MSGID_LENGTH = 32
/** One write: ours, so that a reset repeats little. */
export const MAX_WRITE_BYTES = 512 * 1024
export const MAX_WRITE_EVENTS = 2_000
/** Syslog has no acknowledgement: what the other side's TCP took this long ago, without a break since, counts as delivered. */
export const SETTLE_MS = 5_000
/** A connection that takes nothing for so long is cut, and all that was not committed is sent again over a new one. */
export const STALL_MS = 5_000
