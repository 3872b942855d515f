//! TLS to a database that takes nothing else.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use keywright_store::postgres::{Options, PostgresStore};
use keywright_throwaway_postgres::{Cluster, Database};

/// A cluster whose certificate is for `localhost`.
struct Place {
    cluster: Cluster,
    database: Database,
    authority: PathBuf,
    stranger: PathBuf,
}

impl Place {
    fn new() -> Self {
        let cluster = Cluster::start(&[]).unwrap();
        let owner = fs::metadata(cluster.home()).unwrap();
        let write = |name: &str, text: &str| {
            let file = cluster.home().join(name);
            fs::write(&file, text).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
            chown(&file, Some(owner.uid()), Some(owner.gid())).unwrap();
            file
        };
        let made = |name: &str| rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let (server, stranger) = (made("localhost"), made("localhost"));
        let authority = write("server.crt", &server.cert.pem());
        let key = write("server.key", &server.signing_key.serialize_pem());
        let stranger = write("stranger.crt", &stranger.cert.pem());
        write("data/pg_hba.conf", "hostssl all all 127.0.0.1/32 trust\n");
        for setting in [
            format!("ssl_cert_file = '{}'", authority.display()),
            format!("ssl_key_file = '{}'", key.display()),
            "ssl = on".to_owned(),
        ] {
            cluster.psql("postgres", &format!("ALTER SYSTEM SET {setting}")).unwrap();
        }
        cluster.psql("postgres", "SELECT pg_reload_conf()").unwrap();
        let began_at = Instant::now();
        let is_on = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        while cluster.psql("postgres", is_on).ok().as_deref() != Some("t") {
            assert!(began_at.elapsed() < Duration::from_secs(30), "no TLS");
            sleep(Duration::from_millis(20));
        }
        let database = Database::at(cluster.url()).unwrap();
        Self { cluster, database, authority, stranger }
    }

    async fn open(&self, host: &str, parameters: &str) -> Result<PostgresStore, String> {
        let (port, name) = (self.cluster.port(), self.database.name());
        let url = format!("postgres://keywright@{host}:{port}/{name}?{parameters}");
        PostgresStore::open(&url, &Options::default()).await.map_err(|error| error.to_string())
    }

    /// Number of store connections, and of encrypted ones among them.
    fn connections(&self) -> String {
        let counted = "SELECT count(*), count(*) FILTER (WHERE ssl) FROM pg_stat_ssl JOIN pg_stat_activity \
                       USING (pid) WHERE application_name = 'keywright'";
        self.database.psql(counted).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_is_what_is_spoken() {
    let place = Place::new();
    let (authority, stranger) = (place.authority.display(), place.stranger.display());

    for good in ["sslmode=require", "sslmode=prefer", &format!("sslmode=verify-full&sslrootcert={authority}")]
    {
        let store = place.open("localhost", good).await.unwrap_or_else(|error| panic!("{good}: {error}"));
        assert_eq!(place.connections(), "1|1", "{good}");
        drop(store);
        let began_at = Instant::now();
        while place.connections() != "0|0" {
            assert!(began_at.elapsed() < Duration::from_secs(30), "the connection is kept");
            sleep(Duration::from_millis(10));
        }
    }
    for (host, bad, cause) in [
        ("localhost", format!("sslmode=verify-full&sslrootcert={stranger}"), "certificate"),
        ("127.0.0.1", format!("sslmode=verify-full&sslrootcert={authority}"), "certificate"),
        ("localhost", "sslmode=verify-full".to_owned(), "certificate"),
        ("localhost", "sslmode=disable".to_owned(), "no pg_hba.conf entry"),
    ] {
        let error = place.open(host, &bad).await.err().unwrap_or_else(|| panic!("{bad} works"));
        assert!(error.contains(cause), "{bad}: {error}");
    }
    assert_eq!(place.connections(), "0|0");
}
