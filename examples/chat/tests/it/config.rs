//! The configuration from the command line, the environment and a file, and socket activation.

use std::fs;
use std::os::fd::OwnedFd;
use std::process::Stdio;

use crate::program::{Program, command, run_in_shell, web, within_timeout};

/// Returns the exit status and the error of a program with an invalid configuration.
async fn refused(variables: &[(&str, &str)], file: Option<&str>) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = command(folder.path(), web());
    command.envs(variables.iter().copied());
    if let Some(file) = file {
        let path = folder.path().join("chat.toml");
        fs::write(&path, file).unwrap();
        command.arg("--config").arg(path);
    }
    let output = within_timeout(command.output()).await.unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[tokio::test]
async fn error_names_the_variable_or_the_key_of_the_file() {
    for (variable, value, expected) in [
        (
            "CHAT_RECENT_FOR",
            "soon",
            "CHAT_RECENT_FOR: invalid type: found string \"soon\", expected u64",
        ),
        ("CHAT_RECENT_FOR", "-1", "CHAT_RECENT_FOR: invalid value"),
        ("CHAT_SHUTDOWN_DEADLINE", "0", "shutdown_deadline"),
        (
            "CHAT_REDIS_URL",
            "redis://localhost",
            "CHAT_REDIS_URL: unknown field: found `redis_url`",
        ),
        (
            "CHAT_TRUSTED_PROXIES",
            "[\"everywhere\"]",
            "environment variable CHAT_TRUSTED_PROXIES: ",
        ),
    ] {
        let (status, error) = refused(&[(variable, value)], None).await;
        assert!(error.contains(expected), "{variable}={value}: {error}");
        assert_eq!(status, Some(78), "{error}");
    }
    let (status, error) = refused(&[], Some("mail_from = 7\n")).await;
    assert!(
        error.contains("`mail_from` in") && error.contains("chat.toml"),
        "{error}"
    );
    assert_eq!(status, Some(78));
    let (_, error) = refused(&[], Some("prot = 80\n")).await;
    assert!(
        error.contains("`prot`") && error.contains("unknown field"),
        "{error}"
    );
    let (_, error) = refused(&[], Some("port 80\n")).await;
    assert!(error.contains("chat.toml"), "{error}");
}

#[tokio::test]
async fn command_line_takes_precedence_over_the_environment_and_the_file() {
    let config = tempfile::NamedTempFile::new().unwrap();
    fs::write(config.path(), "port = 1\nshutdown_deadline = 9\n").unwrap();
    let program = Program::start(web(), |command| {
        // `--port 0` is part of the command.
        command
            .arg("--config")
            .arg(config.path())
            .env("CHAT_PORT", "2");
    })
    .await;
    assert_ne!(program.addr.port(), 2);
}

/// The socket is that of systemd's `LISTEN_FDS`: file descriptor 3, for the process `LISTEN_PID`.
#[tokio::test]
async fn serves_on_a_socket_that_a_supervisor_passes() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let program = Program::start(web(), |command| {
        run_in_shell(
            command,
            "exec 3<&0 0</dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\" \"$@\"",
        );
        command.stdin(Stdio::from(OwnedFd::from(listener)));
    })
    .await;
    assert_eq!(program.addr, addr);
    assert_eq!(
        program.request(program.get("/health/live"), "").await.0,
        200
    );
}
