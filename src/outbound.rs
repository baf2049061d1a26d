//! Outbound calls: what is the same whomever the service calls by HTTP.

use std::sync::Arc;
use std::time::Duration;

use ureq::config::{Config, ConfigBuilder};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::typestate::AgentScope;

/// How those who are called know who calls.
const USER_AGENT: &str = concat!("Skyhaul/", env!("CARGO_PKG_VERSION"));

/// Calls that end within a time: to the address that was named and no other, to hosts that the system trusts; whatever is answered is an answer, and
/// whoever calls looks at its status.
pub(crate) fn calls(within: Duration) -> ConfigBuilder<AgentScope> {
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::PlatformVerifier)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build();
    Config::builder()
        .tls_config(tls)
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(within))
        .user_agent(USER_AGENT)
}
