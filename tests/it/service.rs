//! A real service on free ports, with a data folder of its own, that is stopped when a test lets go of it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Nothing that is waited for here takes this long on a slow machine; what does is a failure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// How often something that cannot be awaited is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Where services listen of which nobody has heard before: on free ports.
const ANYWHERE: [&str; 2] = ["127.0.0.1:0"; 2];

/// The program under test.
pub(crate) fn skyhaul() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skyhaul"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SKYHAUL__")) {
        command.env_remove(name);
    }
    command
}

/// Runs the program to its end.
pub(crate) fn finished(args: &[&str]) -> Output {
    skyhaul().args(args).output().expect("the program can be started")
}

/// A file of the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Looks again and again until there is something to see.
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(begun.elapsed() < PATIENCE, "waited too long for {what}");
        std::thread::sleep(LOOK_EVERY);
    }
}

/// A service that runs.
pub(crate) struct Service {
    child: Child,
    pub(crate) rest: String,
    pub(crate) telemetry: String,
    /// Gives the whole log once the service has ended.
    log: Mutex<mpsc::Receiver<String>>,
}

/// An answer: status and body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) retry_after: Option<String>,
    pub(crate) body: Value,
}

impl Service {
    /// Starts a service on `data` and waits until it is ready.
    pub(crate) fn start(data: &Path, args: &[&str]) -> Self {
        Self::start_with(data, args, &[])
    }

    /// The same with settings from the environment.
    pub(crate) fn start_with(data: &Path, args: &[&str], environment: &[(&str, &str)]) -> Self {
        let service = Self::launch_with(data, args, environment);
        service.wait_until_ready();
        service
    }

    /// The same as [`Service::start`], for [`Service::limit_files`]: the signal that such a limit sends besides is not heard.
    pub(crate) fn start_deaf(data: &Path, args: &[&str]) -> Self {
        let mut command = Command::new("sh");
        command.args([
            "-c",
            "trap '' XFSZ; exec \"$0\" \"$@\"",
            env!("CARGO_BIN_EXE_skyhaul"),
        ]);
        let service = Self::launch(command, ANYWHERE, data, args, &[]);
        service.wait_until_ready();
        service
    }

    /// The same as [`Service::start`] where another one was that is gone: whoever knew its addresses finds this one.
    pub(crate) fn start_in_place_of((rest, telemetry): (&str, &str), data: &Path, args: &[&str]) -> Self {
        let rest = rest.trim_start_matches("http://");
        let telemetry = telemetry
            .trim_start_matches("ws://")
            .trim_end_matches("/telemetry");
        let service = Self::launch(skyhaul(), [rest, telemetry], data, args, &[]);
        service.wait_until_ready();
        service
    }

    /// Lets its files grow no longer, as on a full disk, or again.
    pub(crate) fn limit_files(&self, bytes: Option<u64>) {
        use rustix::process::{Pid, Resource, Rlimit, prlimit};
        let id = i32::try_from(self.id()).ok().and_then(Pid::from_raw);
        let limit = Rlimit {
            current: bytes,
            maximum: None,
        };
        prlimit(id, Resource::Fsize, limit).expect("its limits are ours to set");
    }

    /// Starts a service and waits until it has said its addresses.
    fn launch_with(data: &Path, args: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::launch(skyhaul(), ANYWHERE, data, args, environment)
    }

    fn launch(
        mut command: Command,
        [rest, telemetry]: [&str; 2],
        data: &Path,
        args: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let mut child = command
            .args(["serve", "--bind", rest, "--telemetry-bind", telemetry, "--data"])
            .arg(data)
            .args(args)
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be started");
        let (sender, lines) = mpsc::channel();
        let stdout = child.stdout.take().expect("piped");
        std::thread::spawn(move || {
            BufReader::new(stdout)
                .lines()
                .map_while(Result::ok)
                .for_each(|line| {
                    // Nobody listens once the addresses are known.
                    let _ = sender.send(line);
                });
        });
        let stderr = child.stderr.take().expect("piped");
        let (error_sender, errors) = mpsc::channel();
        std::thread::spawn(move || {
            let mut text = String::new();
            let _ = BufReader::new(stderr).read_to_string(&mut text);
            let _ = error_sender.send(text);
        });
        let said = |prefixes: [&str; 2]| loop {
            match lines.recv_timeout(PATIENCE) {
                Ok(line) => {
                    if let Some(at) = prefixes.iter().find_map(|prefix| line.find(prefix)) {
                        break line[at..].trim_end_matches('/').to_owned();
                    }
                }
                Err(_) => panic!(
                    "the service did not start: {}",
                    errors.recv_timeout(PATIENCE).unwrap_or_default()
                ),
            }
        };
        let rest = said(["http://", "https://"]);
        let telemetry = said(["ws://", "wss://"]);
        Self {
            child,
            rest,
            telemetry,
            log: Mutex::new(errors),
        }
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn wait_until_ready(&self) {
        eventually("the service to be ready", || {
            (self.get("/readyz").status == 200).then_some(())
        });
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None, &[])
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.call("DELETE", path, None, &[])
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.call("POST", path, Some(body), &[])
    }

    /// Calls the REST interface; a service that does not answer gives status 0.
    pub(crate) fn call(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        // As `curl -k`: certificates for development are signed by nobody.
        let tls = ureq::tls::TlsConfig::builder()
            .disable_verification(true)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build()
            .into();
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.rest))
            .header("Content-Type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let text = body.map(Value::to_string).unwrap_or_default();
        let request = request.body(text).expect("a request");
        match agent.run(request) {
            Ok(mut response) => {
                let header = |name| {
                    let value = response.headers().get(name)?;
                    value.to_str().ok().map(str::to_owned)
                };
                let (location, retry_after) = (header("location"), header("retry-after"));
                let text = response.body_mut().read_to_string().unwrap_or_default();
                Answer {
                    status: response.status().as_u16(),
                    location,
                    retry_after,
                    body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
                }
            }
            Err(_) => Answer {
                status: 0,
                location: None,
                retry_after: None,
                body: Value::Null,
            },
        }
    }

    /// Requests a delivery and gives its id.
    pub(crate) fn request_delivery(&self, request: &Value) -> String {
        let answer = self.post("/api/deliveryrequests", request);
        assert_eq!(answer.status, 202, "{:?}", answer.body);
        answer.body["deliveryId"].as_str().expect("an id").to_owned()
    }

    pub(crate) fn status(&self, id: &str) -> Value {
        let answer = self.get(&format!("/api/deliveries/{id}/status"));
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        answer.body
    }

    pub(crate) fn stage(&self, id: &str) -> String {
        self.status(id)["stage"].as_str().expect("a stage").to_owned()
    }

    /// Waits until the delivery is in the stage.
    pub(crate) fn wait_for_stage(&self, id: &str, stage: &str) {
        eventually(&format!("{id} to be {stage}"), || {
            (self.stage(id) == stage).then_some(())
        });
    }

    /// kill -9, while others still call it.
    pub(crate) fn crash(&self) {
        let killed = Command::new("kill")
            .args(["-KILL", &self.child.id().to_string()])
            .status();
        assert!(killed.expect("kill can be started").success());
    }

    /// kill -9, and waits until it is gone.
    pub(crate) fn kill(mut self) {
        self.crash();
        self.child.wait().expect("it ends");
    }

    /// Asks it to stop with SIGTERM; whether it ended well.
    pub(crate) fn stop(mut self) -> bool {
        self.end()
    }

    /// The same, and gives its log.
    pub(crate) fn stop_and_read(mut self) -> String {
        assert!(self.end(), "it ended well");
        self.log
            .get_mut()
            .expect("nobody panicked")
            .recv_timeout(PATIENCE)
            .expect("it wrote a log")
    }

    fn end(&mut self) -> bool {
        let id = self.child.id().to_string();
        let sent = Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .expect("kill can be started");
        assert!(sent.success());
        self.child.wait().expect("it ends").success()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A data folder that is gone after the test.
pub(crate) fn data() -> TempDir {
    TempDir::new().expect("a temporary folder")
}

/// A parcel across the middle of Florence that a light drone carries.
pub(crate) fn parcel() -> Value {
    json!({
        "ownerId": "someone",
        "pickupLocation": "43.7696,11.2558",
        "dropOffLocation": "43.7780,11.2480",
        "pickupTime": "2019-05-08T20:00:00.000Z",
        "deadline": "",
        "expedited": true,
        "confirmationRequired": "None",
        "packageInfo": {"packageId": "a-parcel", "size": "Small", "weight": 0.8, "tag": "a-tag"}
    })
}
