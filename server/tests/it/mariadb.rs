//! A MariaDB of our own: one private server for every test of this process, a data base of its own for each test.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use sqlx::mysql::MySqlConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};

/// How long a server may take to come up on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Makes the server's folder, starts it, and ends both with its own input: that is when the tests end, even where they
/// are killed.
const KEEPER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/mariadb-peer");

/// The server of this process.
static SERVER: OnceLock<Server> = OnceLock::new();
/// Names the data bases apart.
static NEXT: AtomicU32 = AtomicU32::new(0);

struct Server {
    port: u16,
    folder: PathBuf,
    /// Holds the input that keeps the server alive; the system closes it with this process.
    _keeper: Child,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        drop(listener);
        // Short, because a socket's path must be; the keeper removes it.
        let folder = tempfile::Builder::new().prefix("investbuddy-mariadb-").tempdir().expect("a folder").keep();
        let mut keeper = Command::new("sh")
            .arg(KEEPER)
            .arg(&folder)
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        let mut said = String::new();
        BufReader::new(keeper.stdout.take().expect("its output")).read_line(&mut said).expect("readable");
        match said.trim() {
            "started" => Self { port, folder, _keeper: keeper },
            "missing" => panic!(
                "MariaDB's server is not on this machine, and the store is tested on it; run `scripts/setup test`, \
                 which installs Debian's mariadb-server"
            ),
            _ => panic!("MariaDB's folder could not be made:\n{}", log_of(&folder)),
        }
    }

    fn options(&self) -> MySqlConnectOptions {
        MySqlConnectOptions::new().host("127.0.0.1").port(self.port).username("root").disable_statement_logging()
    }

    /// Creates a data base, as soon as the server takes connections.
    async fn create(&self, name: &str) {
        let begun = Instant::now();
        loop {
            match self.options().connect().await {
                Ok(mut connection) => {
                    let create = AssertSqlSafe(format!("create database {name}"));
                    connection.execute(create).await.expect("a data base");
                    connection.close().await.expect("closed");
                    return;
                }
                Err(error) if begun.elapsed() > PATIENCE => {
                    panic!("MariaDB does not come up: {error}\n{}", log_of(&self.folder));
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }
}

fn log_of(folder: &std::path::Path) -> String {
    std::fs::read_to_string(folder.join("log")).unwrap_or_else(|error| format!("(its log cannot be read: {error})"))
}

/// The address of a data base that nobody has used yet, as `INVESTBUDDY_DATABASE_URL` takes it.
pub(crate) async fn fresh() -> String {
    let server = SERVER.get_or_init(Server::start);
    let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    server.create(&name).await;
    format!("mysql://root@127.0.0.1:{}/{name}", server.port)
}
