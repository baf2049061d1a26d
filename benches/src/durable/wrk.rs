//! `wrk` as another client, where it is installed: a closed loop as the one beside it, written by others.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::client::{BODY, NUMBER, PLACE, PLACES};
use super::{Figures, Load};

/// The same requests as from the client beside it.
fn script() -> String {
    format!(
        r#"
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local body = '{BODY}'
local number = 0
request = function()
  number = number + 1
  return wrk.format(nil, nil, nil, (body:gsub("{NUMBER}", number):gsub("{PLACE}", number % {PLACES})))
end
"#
    )
}

/// Posts delivery requests to `target` from `load.connections` connections; what came back, or `None` where `wrk` is not installed.
///
/// # Errors
/// Where it fails, or says what is not understood.
pub fn run(folder: &Path, target: SocketAddr, load: Load) -> io::Result<Option<Figures>> {
    let path = folder.join("posts.lua");
    fs::write(&path, script())?;
    let output = Command::new("wrk")
        .args(["--threads", "1", "--timeout", "30s", "--latency"])
        .args(["--connections", &load.connections.to_string()])
        .args(["--duration", &format!("{}s", load.lasting.as_secs().max(1))])
        .arg("--script")
        .arg(&path)
        .arg(format!("http://{target}/api/deliveryrequests"))
        .output();
    let output = match output {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        output => output?,
    };
    let said = String::from_utf8_lossy(&output.stdout);
    figures(&said).map(Some).ok_or_else(|| {
        io::Error::other(format!(
            "wrk says: {said}{}",
            String::from_utf8_lossy(&output.stderr)
        ))
    })
}

/// What `wrk` tells.
fn figures(said: &str) -> Option<Figures> {
    let value_of = |name: &str| said.lines().find_map(|line| line.trim().strip_prefix(name));
    Some(Figures {
        per_second: value_of("Requests/sec:")?.trim().parse().ok()?,
        p50_ms: milliseconds(value_of("50%")?)?,
        p99_ms: milliseconds(value_of("99%")?)?,
        refused: match value_of("Non-2xx or 3xx responses:") {
            Some(count) => count.trim().parse().ok()?,
            None => 0,
        },
    })
}

/// A time as `wrk` writes it, in its unit.
fn milliseconds(text: &str) -> Option<f64> {
    let text = text.trim();
    let unit_at = text.find(|letter: char| letter.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(unit_at);
    let factor = match unit {
        "us" => 1e-3,
        "ms" => 1.0,
        "s" => 1e3,
        "m" => 60e3,
        _ => return None,
    };
    Some(number.parse::<f64>().ok()? * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_rate_latencies_and_refusals() {
        let said = "  Latency Distribution\n     50%  812.00us\n     75%    1.40ms\n     90%    2.10ms\n     99%    1.50s \n  1200 requests in 1.00s, 300KB read\nRequests/sec:   1199.50\nTransfer/sec:  300KB\n";
        let read = figures(said).expect("is understood");
        assert_eq!(
            (read.per_second, read.p50_ms, read.p99_ms, read.refused),
            (1_199.5, 0.812, 1_500.0, 0)
        );
        let refused = format!("  Non-2xx or 3xx responses: 7\n{said}");
        assert_eq!(figures(&refused).map(|read| read.refused), Some(7));
        assert_eq!(figures("unable to connect"), None);
    }
}
