//! Rebuilds the crate when the dashboard's files have changed, since they are held in the program.

use std::path::Path;

fn main() {
    let built = "dashboard/dist";
    println!("cargo::rustc-check-cfg=cfg(dashboard_is_built)");
    println!("cargo::rerun-if-changed=build.rs");
    if Path::new(built).join("index.html").exists() {
        println!("cargo::rustc-cfg=dashboard_is_built");
        println!("cargo::rerun-if-changed={built}");
    } else {
        println!("cargo::rerun-if-changed=dashboard");
    }
}
