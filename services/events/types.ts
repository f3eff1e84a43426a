// The event types that Auth0 documents: name, level and stream filter category of each code. New codes appear several times a year.
// Names and codes: https://auth0.com/docs/deploy-monitor/logs/log-event-type-codes
// Categories: the filters of a log stream, https://auth0.com/docs/customize/log-streams/event-filters
// Levels: as in auth0-log-extension-tools, which the three extensions used; codes it does not know by the sense of their name.

/** Level 0 to 4 in words. */
export const LEVELS = ['Debug', 'Info', 'Warning', 'Error', 'Critical'] as const

/** What a code that is not in the table counts as: Info. */
const UNKNOWN_LEVEL = 1

/** category → code → [level, name] */
const TABLE: Record<string, Record<string, readonly [level: number, name: string]>> = {
  actions: {
    actions_execution_failed: [3, 'Actions Execution Failed'],
  },
  'auth.login.fail': {
    f: [3, 'Failed Login'],
    fc: [3, 'Failed by Connector'],
    fcoa: [3, 'Failed cross-origin authentication'],
    fens: [3, 'Failed Exchange'],
    fp: [3, 'Failed Login (Incorrect Password)'],
    fu: [3, 'Failed Login (Invalid Email/Username)'],
  },
  'auth.login.notification': {
    scv: [1, 'Success Credential Validation'],
    w: [2, 'Warning During Login'],
  },
  'auth.login.success': {
    s: [1, 'Success Login'],
    scoa: [1, 'Success cross-origin authentication'],
    sdel: [1, 'Successful Delegated Login'],
    sens: [1, 'Success Exchange'],
  },
  'auth.logout.fail': {
    federated_logout_failed: [3, 'Failed Federated Logout'],
    flo: [3, 'Failed Logout'],
    oidc_backchannel_logout_failed: [3, 'Failed OIDC Back-Channel Logout request'],
    universal_logout_failed: [3, 'Failed Universal Logout request'],
  },
  'auth.logout.success': {
    oidc_backchannel_logout_succeeded: [1, 'Successful OIDC Back-Channel Logout request'],
    slo: [1, 'Success Logout'],
    universal_logout_succeeded: [1, 'Successful Universal Logout request'],
  },
  'auth.signup.fail': {
    fs: [3, 'Failed Signup'],
  },
  'auth.signup.success': {
    ss: [1, 'Success Signup'],
  },
  'auth.silent_auth.fail': {
    fdelsa: [3, 'Failed Delegated Silent Authentication'],
    fsa: [3, 'Failed Silent Auth'],
  },
  'auth.silent_auth.success': {
    sdelsa: [1, 'Successful Delegated Silent Authentication'],
    ssa: [1, 'Success Silent Auth'],
  },
  'auth.token_exchange.fail': {
    ciba_exchange_failed: [3, 'Failed CIBA Exchange'],
    failed_on_behalf_of_token_exchange: [3, 'Failed Exchange'],
    fdeleacft: [3, 'Failed to Exchange Delegated Authorization Code for Access Token'],
    feacft: [3, 'Failed Exchange'],
    feccft: [3, 'Failed Exchange'],
    fecte: [3, 'Failed Exchange'],
    fede: [3, 'Failed Exchange'],
    feoobft: [3, 'Failed Exchange'],
    feotpft: [3, 'Failed Exchange'],
    fepft: [3, 'Failed Exchange'],
    fepotpft: [3, 'Failed Exchange'],
    fercft: [3, 'Failed Exchange'],
    ferrt: [3, 'Failed Exchange'],
    fertft: [3, 'Failed Exchange'],
    idjag_exchange_failed: [3, 'Failed Exchange'],
    jwt_bearer_exchange_failed: [3, 'Failed Exchange'],
  },
  'auth.token_exchange.success': {
    ciba_exchange_succeeded: [1, 'Successful CIBA Exchange'],
    feta: [3, 'Failed Exchange'],
    idjag_exchange_succeeded: [1, 'Success Exchange'],
    sdeleacft: [1, 'Successful Exchange of Delegated Authorization Code for Access Token'],
    seacft: [1, 'Success Exchange'],
    seccft: [1, 'Success Exchange'],
    secte: [1, 'Success Exchange'],
    sede: [1, 'Success Exchange'],
    seoobft: [1, 'Success Exchange'],
    seotpft: [1, 'Success Exchange'],
    sepft: [1, 'Success Exchange'],
    sepkoobft: [1, 'Success Exchange'],
    sepkotpft: [1, 'Success Exchange'],
    sepkrcft: [1, 'Success Exchange'],
    sercft: [1, 'Success Exchange'],
    sertft: [1, 'Success Exchange'],
    seta: [1, 'Success Exchange'],
    success_on_behalf_of_token_exchange: [1, 'Success Exchange'],
  },
  'management.fail': {
    fapi: [3, 'Failed API Operation'],
  },
  'management.success': {
    mgmt_api_read: [1, 'Management API read Operation'],
    sapi: [1, 'Success API Operation'],
  },
  other: {
    acls_summary: [1, 'Network ACLs Summary'],
    ciba_start_failed: [3, 'Failed CIBA Start'],
    ciba_start_succeeded: [1, 'Successful CIBA Start'],
    cls: [1, 'Code/Link Sent'],
    fco: [3, 'Failed by CORS'],
    fdeac: [3, 'Failed Device Activation'],
    fi: [3, 'Failed invite accept'],
    flows_execution_completed: [1, 'Flows Execution Completed'],
    flows_execution_failed: [3, 'Flows Execution Failed'],
    forms_submission_failed: [3, 'Forms Submission Failed'],
    forms_submission_succeeded: [1, 'Forms Submission Succeeded'],
    fpar: [3, 'Failed Pushed Authorization Request'],
    fpurh: [3, 'Failed Post User Registration Hook'],
    gd_auth_email_verification: [1, 'Email Verification Confirmed'],
    gd_auth_fail_email_verification: [3, 'Email Verification Failed'],
    gd_auth_failed: [3, 'MFA Auth failed'],
    gd_auth_rejected: [3, 'MFA Auth rejected'],
    gd_auth_succeed: [1, 'MFA Auth success'],
    gd_module_switch: [1, 'Module switch'],
    gd_otp_rate_limit_exceed: [2, 'Too many MFA failures'],
    gd_recovery_failed: [3, 'Recovery failed'],
    gd_recovery_rate_limit_exceed: [2, 'Multi-factor recovery code has failed too many times'],
    gd_recovery_succeed: [1, 'MFA recovery success'],
    gd_send_email: [1, 'MFA Email Sent'],
    gd_send_email_verification: [1, 'Email Verification Sent'],
    gd_send_email_verification_failure: [3, 'Email Verification Failed'],
    gd_send_pn: [1, 'Push notification sent'],
    gd_send_pn_failure: [3, 'Error Sending MFA Push Notification'],
    gd_send_sms: [1, 'MFA SMS Sent'],
    gd_send_sms_failure: [3, 'Error Sending MFA SMS'],
    gd_send_voice: [1, 'MFA voice call success'],
    gd_send_voice_failure: [3, 'MFA voice call failed'],
    gd_start_auth: [1, 'Second factor started'],
    gd_start_enroll_failed: [3, 'MFA Enrollment Failed'],
    gd_tenant_update: [1, 'Guardian tenant update'],
    gd_user_delete: [1, 'User delete'],
    gd_webauthn_challenge_failed: [3, 'WebAuthn browser error'],
    gd_webauthn_enrollment_failed: [3, 'WebAuthn browser error'],
    kms_key_management_failure: [3, 'Failed KMS API Operation'],
    kms_key_management_success: [1, 'Success KMS API Operation'],
    kms_key_state_changed: [1, 'KMS Key State Change'],
    limit_sul: [4, 'Blocked Account'],
    limit_ui: [4, 'Too Many Calls to /userinfo'],
    mfar: [1, 'MFA Required'],
    organization_member_added: [1, 'Organization Member Added'],
    passkey_challenge_failed: [3, 'Passkey Challenge Failed'],
    passkey_challenge_started: [1, 'Passkey Challenge Started'],
    pla: [1, 'Pre-login assessment'],
    pwd_leak: [3, 'Breached password'],
    reset_pwd_leak: [3, 'Breached Password on Reset'],
    resource_cleanup: [1, 'Success Resource Cleanup'],
    rich_consents_access_error: [3, 'Rich Consents Access Error'],
    scph: [1, 'Success Post Change Password Hook'],
    si: [1, 'Successfully accepted a user invite'],
    signup_pwd_leak: [3, 'Breached Password on Signup'],
    token_quota_consumption_warning: [2, 'M2M token quota consumption warning'],
    too_many_records: [2, 'Max Amount of Authenticators'],
    wn: [2, 'Warning Sending Notification'],
    wum: [2, 'Warning User Management'],
  },
  'scim.event': {
    fscim: [3, 'Failed SCIM Operation'],
    sscim: [1, 'Successful SCIM Operation'],
  },
  'system.notification': {
    acul_sdk_notice: [1, 'ACUL SDK Notice'],
    admin_update_launch: [1, 'Auth0 Update Launched'],
    api_limit: [4, 'Rate Limit on the Authentication or Management APIs'],
    api_limit_warning: [2, 'Rate Limit Warning on the Authentication or Management APIs'],
    appi: [1, 'Notice for API Peak Performance initiated'],
    coff: [3, 'Connector Offline'],
    con: [1, 'Connector Online'],
    custom_domain_verification_failed: [3, 'Custom Domain Verification Failed'],
    depnote: [2, 'Deprecation Notice'],
    directory_sync_completed: [1, 'Inbound Directory Sync Completed'],
    directory_sync_failed: [3, 'Inbound Directory Sync Failed'],
    directory_sync_started: [1, 'Inbound Directory Sync Started'],
    fcpro: [4, 'Failed Connector Provisioning'],
    fui: [2, 'Failed users import'],
    limit_delegation: [4, 'Too Many Calls to /delegation'],
    limit_mu: [4, 'Blocked IP Address'],
    limit_phone: [
      4,
      'A user is temporarily prevented from sending more SMS messages or voice calls because they reached the maximum allowed in a given time period',
    ],
    limit_wc: [4, 'Blocked Account'],
    sys_os_update_end: [1, 'Auth0 OS Update Ended'],
    sys_os_update_start: [1, 'Auth0 OS Update Started'],
    sys_update_end: [1, 'Auth0 Update Ended'],
    sys_update_start: [1, 'Auth0 Update Started'],
  },
  'user.fail': {
    connected_accounts_connection_failed: [3, 'Failed Connected Account Connection'],
    connected_accounts_delete_failed: [3, 'Failed Connected Account Delete'],
    fce: [3, 'Failed Change Email'],
    fcp: [3, 'Failed Change Password'],
    fcph: [3, 'Failed Post Change Password Hook'],
    fcpn: [3, 'Failed Change Phone Number'],
    fcpr: [3, 'Failed Change Password Request'],
    fcu: [3, 'Failed Change Username'],
    fd: [3, 'Failed Delegation'],
    fdeaz: [3, 'Failed Device Authorization Request'],
    fdecc: [3, 'User Canceled Device Confirmation'],
    fdu: [3, 'Failed User Deletion'],
    fn: [3, 'Failed Sending Notification'],
    fv: [3, 'Failed Verification Email'],
    fvr: [3, 'Failed Verification Email Request'],
    my_account_authentication_method_failed: [3, 'Failed authentication method operation in My Account API'],
    ss_sso_failure: [3, 'Failed SS-SSO Operation'],
  },
  'user.notification': {
    cs: [1, 'Code Sent'],
    du: [3, 'Deleted User'],
    gd_enrollment_complete: [1, 'MFA enrollment complete'],
    gd_start_enroll: [1, 'MFA Enroll started'],
    gd_unenroll: [1, 'Unenroll device account'],
    gd_update_device_account: [1, 'Update device account'],
    ss_sso_info: [1, 'Information from an SS-SSO Operation'],
    ublkdu: [1, 'User login block released'],
  },
  'user.success': {
    connected_accounts_connection_succeeded: [1, 'Successful Connected Account Connection'],
    connected_accounts_delete_succeeded: [1, 'Successful Connected Account Delete'],
    my_account_authentication_method_succeeded: [1, 'Successful authentication method operation in My Account API'],
    sce: [1, 'Success Change Email'],
    scp: [1, 'Success Change Password'],
    scpn: [1, 'Success Change Phone Number'],
    scpr: [1, 'Success Change Password Request'],
    scu: [1, 'Success Change Username'],
    sd: [1, 'Success Delegation'],
    sdu: [1, 'Success User Deletion'],
    srrt: [1, 'Successfully revoked a refresh token'],
    ss_sso_success: [1, 'Success SS-SSO Operation'],
    sui: [1, 'Successfully imported users'],
    sv: [1, 'Success Verification Email'],
    svr: [1, 'Success Verification Email Request'],
  },
}

// A Map, not the object: codes come from outside, and "constructor" is none.
const TYPES = new Map(
  Object.entries(TABLE).flatMap(([category, types]) =>
    Object.entries(types).map(([code, [level, name]]) => [code, { name, level, category }] as const),
  ),
)

/** A type code as it comes from outside: empty, null or missing where the event has none. */
type Code = string | null | undefined

/** Whether Auth0 documents the code. */
export const isKnownType = (code: Code): boolean => TYPES.has(code ?? '')

/** Name of a type, as `Success Login`; `Unknown Log Type: <code>`, in the words of the original extensions, where it is not known. */
export const typeName = (code: Code): string => TYPES.get(code ?? '')?.name ?? `Unknown Log Type: ${code ?? ''}`

/** Level 1 to 4, an index of LEVELS; a code that is unknown, empty or null counts as 1. No documented type is level 0. */
export const typeLevel = (code: Code): number => TYPES.get(code ?? '')?.level ?? UNKNOWN_LEVEL

/** All types that Auth0 documents, by category and code. `level` is an index of LEVELS. */
export const knownTypes = (): { code: string; name: string; level: number; category: string }[] =>
  [...TYPES].map(([code, { name, level, category }]) => ({ code, name, level, category }))

/** Stream filter category of a type; undefined where the code is not known: whether a stream's filter lets it through cannot be told. */
export const typeCategory = (code: Code): string | undefined => TYPES.get(code ?? '')?.category
