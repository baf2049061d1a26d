//! The resolver of clients' webhooks: what a name means is looked up and checked in one step, and what was checked is what is called.

use std::io;

use skyhaul_web::notification::is_public;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// Resolves names to public addresses, and no others.
#[derive(Debug)]
pub(super) struct PublicResolver(pub(super) DefaultResolver);

impl Resolver for PublicResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.0.resolve(uri, config, timeout)?;
        if found.iter().any(|address| !is_public(address.ip())) {
            let reason = "lies in a private network, which the service does not call";
            return Err(ureq::Error::Io(io::Error::new(
                io::ErrorKind::PermissionDenied,
                reason,
            )));
        }
        Ok(found)
    }
}
