// The filter categories of a log stream and the event types in each; what is in none of them is in `other`.
// https://auth0.com/docs/customize/log-streams/event-filters

const typesOf: Record<string, string> = {
  actions: 'actions_execution_failed',
  'auth.login.fail': 'f fc fcoa fens fp fu',
  'auth.login.notification': 'scv w',
  'auth.login.success': 's scoa sdel sens',
  'auth.logout.fail': 'federated_logout_failed flo oidc_backchannel_logout_failed universal_logout_failed',
  'auth.logout.success': 'oidc_backchannel_logout_succeeded slo universal_logout_succeeded',
  'auth.signup.fail': 'fs',
  'auth.signup.success': 'ss',
  'auth.silent_auth.fail': 'fdelsa fsa',
  'auth.silent_auth.success': 'sdelsa ssa',
  'auth.token_exchange.fail':
    'ciba_exchange_failed failed_on_behalf_of_token_exchange fdeleacft feacft feccft fecte fede feoobft feotpft fepft fepotpft fercft ferrt fertft idjag_exchange_failed jwt_bearer_exchange_failed',
  'auth.token_exchange.success':
    'ciba_exchange_succeeded feta idjag_exchange_succeeded sdeleacft seacft seccft secte sede seoobft seotpft sepft sepkoobft sepkotpft sepkrcft sercft sertft seta success_on_behalf_of_token_exchange',
  'management.fail': 'fapi',
  'management.success': 'mgmt_api_read sapi',
  'scim.event': 'fscim sscim',
  'system.notification':
    'acul_sdk_notice admin_update_launch api_limit api_limit_warning appi coff con custom_domain_verification_failed depnote directory_sync_completed directory_sync_failed directory_sync_started fcpro fui limit_delegation limit_mu limit_phone limit_wc sys_os_update_end sys_os_update_start sys_update_end sys_update_start',
  'user.fail':
    'connected_accounts_connection_failed connected_accounts_delete_failed fce fcp fcph fcpn fcpr fcu fd fdeaz fdecc fdu fn fv fvr my_account_authentication_method_failed ss_sso_failure',
  'user.notification': 'cs du gd_enrollment_complete gd_start_enroll gd_unenroll gd_update_device_account ss_sso_info ublkdu',
  'user.success':
    'connected_accounts_connection_succeeded connected_accounts_delete_succeeded my_account_authentication_method_succeeded sce scp scpn scpr scu sd sdu srrt ss_sso_success sui sv svr',
}

const categoryOf = new Map(Object.entries(typesOf).flatMap(([name, types]) => types.split(' ').map((type) => [type, name])))

export const categoryNames: readonly string[] = [...Object.keys(typesOf), 'other']

/** The category of a type; `other` for one that is not known. */
export const categoryOfType = (type: string): string => categoryOf.get(type) ?? 'other'
