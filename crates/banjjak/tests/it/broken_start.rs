//! What keeps the process from starting: said in one line, by name, with its exit code, before anything is served.

use crate::instance::{Instance, banjjak, serve_flags};
use std::net::TcpListener;
use std::process::Output;

fn serve(data: &std::path::Path, flags: &[&str]) -> Output {
    let mut command = banjjak();
    serve_flags(&mut command, data, flags);
    command.output().unwrap()
}

fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_wrong_setting_ends_the_process_by_its_name_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    for (setting, said) in [
        (
            "public.lisen=127.0.0.1:0",
            "public.lisen: there is no such setting (flag)",
        ),
        (
            "gateway.sessions_max=0",
            "gateway.sessions_max: 0 is not within 1 to 1000000",
        ),
        ("public.listen=nowhere", "public.listen: "),
        ("telemetry.level=a=b=c", "telemetry.level: "),
    ] {
        let output = serve(&data, &["--set", setting]);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{setting}: {}",
            complaint(&output)
        );
        assert!(
            complaint(&output).contains(said),
            "{setting}: {}",
            complaint(&output)
        );
        assert!(
            !data.exists(),
            "{setting} made the data folder all the same"
        );
    }
}

#[test]
fn a_wrong_variable_is_told_by_check_config_too() {
    let output = banjjak()
        .env("BANJJAK__PUBLIC__CONNECTIONS_MAX", "many")
        .arg("check-config")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(complaint(&output).contains("public.connections_max: takes an integer, not \"many\" (BANJJAK__PUBLIC__CONNECTIONS_MAX)"), "{}", complaint(&output));
    assert_eq!(
        banjjak()
            .arg("check-config")
            .output()
            .unwrap()
            .status
            .code(),
        Some(0)
    );
}

#[test]
fn what_config_prints_is_a_configuration_again() {
    for flags in [
        &["config"][..],
        &["config", "--default"],
        &["config", "--set", "log.queue_entries_max=7"],
    ] {
        let printed = banjjak().args(flags).output().unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &printed.stdout).unwrap();
        let output = banjjak()
            .arg("check-config")
            .arg("--config")
            .arg(file.path())
            .output()
            .unwrap();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{flags:?}: {}",
            complaint(&output)
        );
    }
}

#[test]
fn a_taken_port_is_told_by_its_setting() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let setting = format!("operator.listen={}", taken.local_addr().unwrap());
    let mut command = banjjak();
    let free = [
        "--set",
        "public.listen=127.0.0.1:0",
        "--set",
        "health.listen=127.0.0.1:0",
        "--set",
        &setting,
    ];
    let output = command
        .args(["serve", "--data"])
        .arg(folder.path().join("data"))
        .args(free)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        complaint(&output).contains("operator.listen: cannot listen on"),
        "{}",
        complaint(&output)
    );
}

#[test]
fn a_second_process_on_the_same_data_is_refused_and_the_first_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let first = Instance::start(&data);
    let output = serve(&data, &[]);
    assert_eq!(output.status.code(), Some(1), "{}", complaint(&output));
    let said = complaint(&output);
    let last = said.lines().last().unwrap();
    assert!(
        last.contains("another process") && last.contains("data"),
        "{last}"
    );
    first.assert_healthy();
}
