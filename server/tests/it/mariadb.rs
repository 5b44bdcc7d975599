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

/// Makes the server's folder, starts it, and ends both when its own input ends: that is when the tests end, even where
/// they are killed. The settings are those that a store has to cope with: nothing strict, another character set,
/// another time zone. What makes it fast makes it forgetful, and nobody needs its memory.
const KEEPER: &str = r#"
folder=$1 port=$2 PATH="$PATH:/usr/sbin:/usr/local/sbin"
trap : INT TERM HUP
command -v mariadbd >/dev/null && command -v mariadb-install-db >/dev/null || { rm -rf "$folder"; echo missing; exit 1; }
as=
[ "$(id -u)" -ne 0 ] || as=--user=root
mariadb-install-db --no-defaults $as --datadir="$folder/data" --auth-root-authentication-method=normal \
  --skip-test-db >"$folder/log" 2>&1 || { echo failed; exit 1; }
mariadbd --no-defaults $as --datadir="$folder/data" --bind-address=127.0.0.1 --port="$port" --socket="$folder/socket" \
  --sql-mode= --character-set-server=latin1 --default-time-zone=+05:30 --max-connections=1000 --skip-log-bin \
  --innodb-buffer-pool-size=64M --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0 >>"$folder/log" 2>&1 &
server=$!
echo started
cat >/dev/null
kill -KILL "$server"
wait "$server"
rm -rf "$folder"
"#;

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
            .args(["-c", KEEPER, "mariadb-keeper"])
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
