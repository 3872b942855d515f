//! The command line.

mod account;
mod backup;
mod completions;
mod config;
mod doctor;
mod keys;
mod mail;
mod migrate;
mod openapi;
mod orgs;
mod output;
mod page;
mod secret;
mod serve;
mod sessions;
mod store;
mod users;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::output::OutputOptions;
use crate::config::{Config, Loaded, environment};

/// Keywright: passwordless sign-in that you host yourself.
///
/// People sign in to command-line tools by the OAuth device flow (RFC 8628) and to browsers by a link or a
/// code from a mail. Without any configuration this serves localhost:8080 for development, on SQLite under
/// data/, and shows the mail it would have sent on a page of its own.
#[derive(Debug, Parser)]
#[command(version, name = "keywright-server", after_help = EXAMPLES)]
struct Arguments {
    /// The configuration file [default: keywright.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE", long_help = CONFIG_HELP)]
    config: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long, global = true)]
    json: bool,
    /// Do what cannot be undone without asking
    #[arg(long, global = true)]
    yes: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

const CONFIG_HELP: &str = "\
The configuration file [default: keywright.toml, if there is one]

Environment variables go before it: KEYWRIGHT_ and the key in capitals, with __ between levels
(KEYWRIGHT_SERVER__LISTEN for server.listen). KEYWRIGHT_CONFIG names the file, too.";

const EXAMPLES: &str = "\
Examples:
  keywright-server                     serve with what is configured
  keywright-server config              show every setting and where it comes from
  KEYWRIGHT_SERVER__LISTEN=127.0.0.1:9000 \\
  KEYWRIGHT_PUBLIC_URL=http://localhost:9000 keywright-server
                                       serve on another port";

#[derive(Clone, Debug, Default, Subcommand)]
enum Command {
    /// Serve the API and the pages (the default)
    ///
    /// Applies what migrations are missing first. SIGTERM or Ctrl-C stops it: requests under way are finished.
    #[default]
    Serve,
    /// Bring the database to the schema of this version, and stop
    ///
    /// `serve` does the same at its start; this is for those who want it done before.
    Migrate,
    /// Show every setting, its value and where it comes from; secrets are masked
    Config,
    /// The mail that was sent, waits to be sent, or could not be
    #[command(subcommand)]
    Mail(mail::Action),
    /// The keys that access tokens are signed with
    #[command(subcommand)]
    Keys(keys::Action),
    /// The server's secret, from which every credential is derived
    #[command(subcommand)]
    Secret(secret::Action),
    /// The accounts
    #[command(subcommand)]
    Users(users::Action),
    /// The organizations, and who belongs to them
    #[command(subcommand)]
    Orgs(orgs::Action),
    /// The sessions
    #[command(subcommand)]
    Sessions(sessions::Action),
    /// Copy the database to a file, while servers work with it
    ///
    /// The copy is complete when this ends, and for this user alone. A file that exists is never overwritten. The
    /// secret is not in it: keep that too, apart from the copy. docs/operations.md says how to restore.
    /// This is for SQLite; PostgreSQL has `pg_dump`.
    #[command(after_help = "Example:\n  keywright-server backup /var/backups/keywright-$(date +%F).db")]
    Backup {
        /// The file to make
        file: PathBuf,
    },
    /// Look for what keeps this server from working, and say how to mend it
    ///
    /// Looks at `public_url`, the database, the secret, the clock, the mail server and the proxies. Changes nothing
    /// and sends no mail. Exits with 1 if anything fails; what is only a warning is no failure.
    #[command(after_help = "Example:\n  keywright-server doctor --config /etc/keywright.toml")]
    Doctor,
    /// Print the script that completes this command line in a shell
    #[command(
        after_help = "Example:\n  keywright-server completions bash > /etc/bash_completion.d/keywright-server"
    )]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the description of the API (OpenAPI 3.1); a running server has it at /api/v1/openapi.json
    Openapi,
}

/// Runs what the command line says. 0: done; 1: failed, and stderr says why; 2: the command line is wrong.
pub async fn run() -> ExitCode {
    let Arguments { config, json, yes, command } = Arguments::parse();
    let options = OutputOptions { json, yes };
    match run_command(command.unwrap_or_default(), config.as_deref(), options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<serve::Logged>() => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("keywright-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run_command(command: Command, config: Option<&Path>, options: OutputOptions) -> anyhow::Result<()> {
    // What needs no configuration works without a good one.
    match command {
        Command::Completions { shell } => return completions::run(shell, options),
        Command::Openapi => return openapi::run(),
        _ => {}
    }
    let loaded = Config::read(config, environment())?;
    match command {
        Command::Serve => serve::run(loaded, options.json).await,
        Command::Migrate => migrate::run(loaded, options).await,
        Command::Config => config::run(&loaded, options),
        Command::Mail(action) => mail::run(&loaded, action, options).await,
        Command::Keys(action) => keys::run(&loaded, action, options).await,
        Command::Secret(action) => secret::run(&loaded, action, options).await,
        Command::Users(action) => users::run(&loaded, action, options).await,
        Command::Orgs(action) => orgs::run(&loaded, action, options).await,
        Command::Sessions(action) => sessions::run(&loaded, action, options).await,
        Command::Backup { file } => backup::run(&loaded, file, options).await,
        Command::Doctor => doctor::run(&loaded, options).await,
        Command::Completions { shell } => completions::run(shell, options),
        Command::Openapi => openapi::run(),
    }
}

/// Prints the warnings about the configuration on stderr, so that stdout holds the result alone.
fn warn(loaded: &Loaded) {
    for warning in &loaded.warnings {
        eprintln!("warning: {warning}");
    }
}
