//! TLS: the certificate that both listeners show, from files that are looked at again while the service runs, or one of its own for development.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use prometheus::{IntCounterVec, Opts, Registry};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use thiserror::Error;
use tokio::signal::unix::{SignalKind, signal};

/// How often the files are looked at: soon enough for whoever replaced them, and next to nothing to read.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The largest file that is read: a chain of certificates has some ten kilobytes.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Whose certificate is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsSettings {
    /// One that an authority has signed, and its key, both PEM.
    Files {
        /// The certificate, then those that lead to the authority.
        cert: PathBuf,
        /// Its private key.
        key: PathBuf,
    },
    /// One that the service makes and signs itself, and keeps in its data folder.
    Development,
}

/// Why a certificate cannot be shown.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("{}: {}", .0.display(), .1)]
    File(PathBuf, io::Error),
    /// The file of certificates holds none that can be read.
    #[error("{}: this is no certificate in PEM", .0.display())]
    NoCertificate(PathBuf),
    /// The file of the key holds none that can be read.
    #[error("{}: this is no private key in PEM", .0.display())]
    NoKey(PathBuf),
    /// The two do not belong together, or cannot be used.
    #[error("{}: the certificate cannot be used with the key in {}: {}", .0.display(), .1.display(), .2)]
    Unusable(PathBuf, PathBuf, rustls::Error),
    /// None could be made.
    #[error("a certificate for development cannot be made: {0}")]
    NotMade(#[from] rcgen::Error),
}

/// The certificate that is shown to whoever connects. It follows its files.
pub struct Certificate {
    cert: PathBuf,
    key: PathBuf,
    shown: RwLock<Arc<CertifiedKey>>,
    /// What the files held when they were looked at last, good or not.
    seen: Mutex<(Vec<u8>, Vec<u8>)>,
}

impl fmt::Debug for Certificate {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("cert", &self.cert)
            .finish_non_exhaustive()
    }
}

impl Certificate {
    /// The certificate of two files.
    ///
    /// # Errors
    /// [`TlsError`], where they cannot be used.
    pub fn open(cert: &Path, key: &Path) -> Result<Self, TlsError> {
        let seen = (read(cert)?, read(key)?);
        Ok(Self {
            shown: RwLock::new(Arc::new(certified(cert, key, &seen)?)),
            cert: cert.to_path_buf(),
            key: key.to_path_buf(),
            seen: Mutex::new(seen),
        })
    }

    /// One for development, kept in `folder`: made where there is none. It is good for this machine's names and `addresses`.
    ///
    /// # Errors
    /// [`TlsError`], where it cannot be made or kept.
    pub fn development(folder: &Path, addresses: &[IpAddr]) -> Result<Self, TlsError> {
        let (cert, key) = (folder.join("dev-cert.pem"), folder.join("dev-key.pem"));
        if !cert.exists() || !key.exists() {
            let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
            let further = addresses.iter().filter(|address| !address.is_unspecified());
            names.extend(further.map(IpAddr::to_string));
            names.dedup();
            let made = rcgen::generate_simple_self_signed(names)?;
            let file = |path: &Path, error| TlsError::File(path.to_path_buf(), error);
            fs::create_dir_all(folder).map_err(|error| file(folder, error))?;
            write(&key, &made.signing_key.serialize_pem()).map_err(|error| file(&key, error))?;
            write(&cert, &made.cert.pem()).map_err(|error| file(&cert, error))?;
        }
        Self::open(&cert, &key)
    }

    /// Looks at the files again; whether there is another certificate. Where they cannot be used the last good one goes on being shown.
    ///
    /// # Errors
    /// [`TlsError`], once for each state of the files.
    pub fn look_again(&self) -> Result<bool, TlsError> {
        let found = (read(&self.cert)?, read(&self.key)?);
        let mut seen = self.seen.lock();
        if *seen == found {
            return Ok(false);
        }
        *seen = found;
        let certified = certified(&self.cert, &self.key, &seen)?;
        *self.shown.write() = Arc::new(certified);
        Ok(true)
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.shown.read()))
    }
}

/// How both listeners speak TLS: 1.2 and 1.3, with the suites that rustls takes for safe, and no certificates of clients.
///
/// # Panics
/// Never: the library's own provider speaks the library's own versions.
#[must_use]
pub fn server_config(certificate: Arc<Certificate>) -> ServerConfig {
    ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider speaks the versions of its library")
        .with_no_client_auth()
        .with_cert_resolver(certificate)
}

/// Counts looks at the files that found others.
///
/// # Errors
/// Where the registry has them already.
pub fn counter(registry: &Registry) -> prometheus::Result<IntCounterVec> {
    let counter = IntCounterVec::new(
        Opts::new(
            "skyhaul_tls_certificate_changes_total",
            "Changes of the certificate's files: taken, or not usable (the last good certificate goes on being shown)",
        ),
        &["outcome"],
    )?;
    registry.register(Box::new(counter.clone()))?;
    for outcome in ["taken", "unusable"] {
        counter.with_label_values(&[outcome]).reset();
    }
    Ok(counter)
}

/// Looks at the files every few seconds, and at once on SIGHUP, for as long as it is polled.
pub async fn watch(certificate: Arc<Certificate>, changes: IntCounterVec) {
    let mut hangup = signal(SignalKind::hangup()).ok();
    let mut was_unreadable = false;
    loop {
        let told = async {
            match &mut hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = told => tracing::info!("SIGHUP: looking at the certificate's files"),
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        let looked = Arc::clone(&certificate);
        let Ok(looked) = tokio::task::spawn_blocking(move || looked.look_again()).await else {
            continue;
        };
        match looked {
            Ok(true) => {
                changes.with_label_values(&["taken"]).inc();
                tracing::info!("another certificate is shown from now on");
            }
            Ok(false) => {}
            Err(error) => {
                let is_unreadable = matches!(error, TlsError::File(..));
                if !is_unreadable || !was_unreadable {
                    changes.with_label_values(&["unusable"]).inc();
                    tracing::warn!(%error, "the last good certificate goes on being shown");
                }
                was_unreadable = is_unreadable;
                continue;
            }
        }
        was_unreadable = false;
    }
}

fn certified(cert: &Path, key: &Path, (certs, keys): &(Vec<u8>, Vec<u8>)) -> Result<CertifiedKey, TlsError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certs).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    let chain = chain.ok_or_else(|| TlsError::NoCertificate(cert.to_path_buf()))?;
    let private = PrivateKeyDer::from_pem_slice(keys).map_err(|_| TlsError::NoKey(key.to_path_buf()))?;
    CertifiedKey::from_der(chain, private, &ring::default_provider())
        .map_err(|error| TlsError::Unusable(cert.to_path_buf(), key.to_path_buf(), error))
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    let failed = |error| TlsError::File(path.to_path_buf(), error);
    if fs::metadata(path).map_err(failed)?.len() > FILE_BYTES_MAX {
        return Err(failed(io::Error::other("it is too large to be PEM")));
    }
    fs::read(path).map_err(failed)
}

/// Writes a file that only its owner reads.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(certificate: &Certificate) -> Vec<u8> {
        certificate.shown.read().cert[0].to_vec()
    }

    fn replace(folder: &Path, by: &Path, name: &str) {
        fs::copy(by.join(name), folder.join(name)).expect("copied");
    }

    #[test]
    fn a_certificate_for_development_is_made_once_and_its_key_is_its_owners() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let at = folder.path().join("tls");
        let first = Certificate::development(&at, &[]).expect("made");
        let again = Certificate::development(&at, &[]).expect("found");
        assert_eq!(shown(&first), shown(&again));
        let mode = fs::metadata(at.join("dev-key.pem"))
            .expect("it is there")
            .permissions();
        assert_eq!(mode.mode() & 0o077, 0);
        let key = fs::read_to_string(at.join("dev-key.pem")).expect("text");
        assert!(key.contains("PRIVATE KEY") && !format!("{first:?}").contains("PRIVATE"));
    }

    #[test]
    fn another_certificate_is_shown_once_both_its_files_are_there() {
        let (folder, other) = (
            tempfile::tempdir().expect("a folder"),
            tempfile::tempdir().expect("a folder"),
        );
        let certificate = Certificate::development(folder.path(), &[]).expect("made");
        let wanted = shown(&Certificate::development(other.path(), &[]).expect("made"));
        let before = shown(&certificate);
        assert!(!certificate.look_again().expect("good"), "nothing has changed");
        replace(folder.path(), other.path(), "dev-cert.pem");
        let error = certificate.look_again().expect_err("the key is another's");
        assert!(matches!(error, TlsError::Unusable(..)), "{error}");
        assert!(!certificate.look_again().expect("said once"));
        assert_eq!(shown(&certificate), before);
        replace(folder.path(), other.path(), "dev-key.pem");
        assert!(certificate.look_again().expect("good"));
        assert_eq!(shown(&certificate), wanted);
    }

    #[test]
    fn what_is_no_certificate_and_no_key_is_said_by_its_name_and_never_shown() {
        let folder = tempfile::tempdir().expect("a folder");
        Certificate::development(folder.path(), &[]).expect("made");
        let (cert, key) = (
            folder.path().join("dev-cert.pem"),
            folder.path().join("dev-key.pem"),
        );
        let nothing = folder.path().join("nothing.pem");
        fs::write(&nothing, "-----BEGIN SECRET-----\nbm90aGluZw==\n").expect("written");
        for (cert, key, wanted) in [
            (&nothing, &key, "no certificate"),
            (&cert, &nothing, "no private key"),
            (&cert, &folder.path().join("gone.pem"), "gone.pem"),
        ] {
            let error = Certificate::open(cert, key).expect_err("refused").to_string();
            assert!(error.contains(wanted) && !error.contains("bm90"), "{error}");
        }
    }
}
