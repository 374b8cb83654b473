//! The rehearsal from start to end: server, event, cookies, the crowd, the kills, the progress line, the last looks.

use super::args::Args;
use super::ask::Jar;
use super::clock::{Clock, micros};
use super::kills::Moment;
use super::kinds::Stand;
use super::plan::{self, Plan};
use super::pool::{Address, Pool};
use super::progress::Progress;
use super::record::Recorder;
use super::server::Server;
use super::setting::{self, Setting};
use super::shopper::Shopper;
use super::tally::{Tally, count};
use super::world::World;
use anyhow::{Context, bail};
use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use queue_protocol::witness::{End, Header, Kill, Line, Restart, WITNESS_VERSION};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How often the state is looked at: fine enough to hit a moment, cheap beside the load.
const STEP: Duration = Duration::from_millis(10);
/// Nothing must have changed for so long before the rehearsal counts as over.
const QUIET_US: u64 = 4_000_000;
/// From a return to the next kill at the earliest: a server that is down cannot be killed in the middle of anything.
const BETWEEN_KILLS_US: u64 = 2_000_000;
/// From the last cookie to the first click.
const DEEP_BREATH_US: u64 = 1_000_000;
/// Last looks a second.
const LAST_LOOKS_PER_SECOND: f64 = 1500.0;

/// What came of the rehearsal, for the report.
pub(crate) struct Outcome {
    pub(crate) world: Arc<World>,
    pub(crate) progress: Progress,
    pub(crate) setting: Setting,
    pub(crate) kills: Vec<(Kill, Restart)>,
    pub(crate) end: End,
    /// Shoppers with something still pending at the end.
    pub(crate) unsettled: u64,
    /// Seconds from the first click to the end.
    pub(crate) took_s: f64,
    /// Whether it ended by its time limit.
    pub(crate) cut_off: bool,
    /// Trouble that is not a shopper's: a server that ended by itself, or did not stop.
    pub(crate) trouble: Option<String>,
}

/// Runs it.
pub(crate) async fn run(
    args: &Args,
    tasks: &TaskTracker,
    recorder: Recorder,
    sockets: u32,
) -> anyhow::Result<Outcome> {
    let clock = Clock::start();
    let mut server = match &args.spawn {
        None => None,
        Some(command) => Some(Server::start(command, &setting::server_log(args), tasks).await?),
    };
    let setting = setting::prepare(args, server.as_ref()).await?;
    let pool = Pool::new(
        Address::resolve(&setting.public).await?,
        args.connections,
        clock,
    );
    let jars = cookies(&pool, &setting.event, args.shoppers).await?;
    let world = Arc::new(World {
        event: setting.event.clone(),
        slots: setting.slots.iter().map(|slot| slot.id.clone()).collect(),
        seats: setting.slots.iter().map(|slot| slot.remaining).collect(),
        pool,
        recorder,
        tally: Tally::new(clock),
        clock,
        begin_us: clock.now_us() + DEEP_BREATH_US,
        stop: CancellationToken::new(),
        sockets: Arc::new(Semaphore::new(sockets as usize)),
        next_socket: AtomicU32::new(0),
        poll_every: args.poll_every,
        last_look_over: Duration::from_secs_f64(f64::from(args.shoppers) / LAST_LOOKS_PER_SECOND),
    });
    write_header(args, &world, &setting, sockets);
    let mut crowd = gather(args, &world, &setting, jars);
    let mut watch = Watch {
        args,
        world: Arc::clone(&world),
        progress: Progress::default(),
        kills: Vec::new(),
        trouble: None,
    };
    let cut_off = watch.until_over(server.as_mut()).await?;
    world.stop.cancel();
    let mut unsettled = 0;
    while let Some(settled) = crowd.join_next().await {
        unsettled += u64::from(!settled.context("a shopper's task failed")?);
        watch.step();
    }
    if let Some(server) = server
        && let Err(error) = server.stop().await
    {
        watch.trouble.get_or_insert(format!("{error:#}"));
    }
    let Watch {
        progress,
        kills,
        trouble,
        ..
    } = watch;
    let end = End {
        at_us: clock.now_us(),
        quiet: unsettled == 0 && world.pool.unanswered() == 0,
        sold_out: world.tally.was_sold_out.load(Ordering::Relaxed),
        peak_sockets: count(&world.tally.peak_sockets),
    };
    world.recorder.write(&Line::End(end.clone()));
    let took_s = Duration::from_micros(end.at_us.saturating_sub(world.begin_us)).as_secs_f64();
    Ok(Outcome {
        world,
        progress,
        setting,
        kills,
        end,
        unsettled,
        took_s,
        cut_off,
        trouble,
    })
}

fn write_header(args: &Args, world: &World, setting: &Setting, sockets: u32) {
    let config = serde_json::json!({
        "shoppers": args.shoppers, "join_over_ms": micros(args.join_over) / 1000, "kills": args.kills, "connections": args.connections,
        "sockets_max": sockets, "policy": setting.policy, "spawned": args.spawn.is_some(),
    });
    world.recorder.write(&Line::Header(Header {
        version: WITNESS_VERSION,
        event: setting.event.clone(),
        seed: args.seed,
        shoppers: args.shoppers,
        started_ms: setting.started_ms,
        config,
    }));
}

/// Every shopper loads the event's page first, as a browser does: it gives the cookie.
async fn cookies(pool: &Pool, event: &str, shoppers: u32) -> anyhow::Result<Vec<Jar>> {
    let mut jars = Vec::with_capacity(shoppers as usize);
    let page = || async {
        let mut request = Request::new(Full::new(Bytes::new()));
        *request.uri_mut() = format!("/events/{event}")
            .parse()
            .context("the event's id is no path")?;
        let reply = pool.send(request).await.outcome;
        let mut jar = Jar::default();
        match reply {
            Ok(reply) if reply.status == 200 => jar.keep(reply.cookies),
            Ok(reply) => bail!("the event's page answers {}", reply.status),
            Err(lost) => bail!("the event's page does not answer: {lost:?}"),
        }
        if jar.shopper().is_none() {
            bail!("the event's page sets no shopper cookie");
        }
        anyhow::Ok(jar)
    };
    let mut left = shoppers;
    while left > 0 {
        // As many at once as half the usual pool: this is not the load yet.
        let batch = left.min(64);
        jars.extend(futures_util::future::try_join_all((0..batch).map(|_| page())).await?);
        left -= batch;
    }
    Ok(jars)
}

fn gather(args: &Args, world: &Arc<World>, setting: &Setting, jars: Vec<Jar>) -> JoinSet<bool> {
    world.tally.begin(args.shoppers);
    let mut crowd = JoinSet::new();
    for (index, jar) in (0..).zip(jars) {
        let mut rng = plan::numbers(args.seed, index);
        let plan = Plan::draw(
            &mut rng,
            args.join_over,
            setting.slots.len(),
            setting.party_max,
        );
        crowd.spawn(Shopper::new(index, Arc::clone(world), plan, rng, jar).live());
    }
    crowd
}

struct Watch<'a> {
    args: &'a Args,
    world: Arc<World>,
    progress: Progress,
    kills: Vec<(Kill, Restart)>,
    trouble: Option<String>,
}

impl Watch<'_> {
    /// Looks on, kills when a moment has come, and says whether the time limit ended it.
    async fn until_over(&mut self, mut server: Option<&mut Server>) -> anyhow::Result<bool> {
        let mut moments = Moment::draw(self.args.seed, self.args.kills);
        moments.reverse();
        let mut standby_since_us = None;
        let limit_us = self.world.begin_us + micros(self.args.time_limit);
        let mut steps = tokio::time::interval(STEP);
        loop {
            steps.tick().await;
            self.step();
            if let Some(server) = server.as_deref_mut() {
                if let Some(status) = server.gone() {
                    self.trouble = Some(format!("the server ended by itself: {status}"));
                    return Ok(true);
                }
                let now_us = self.world.clock.now_us();
                let calm = self
                    .kills
                    .last()
                    .is_none_or(|(_, restart)| now_us >= restart.at_us + BETWEEN_KILLS_US);
                if calm
                    && let Some(moment) =
                        moments.pop_if(|moment| moment.has_come(&self.world, &mut standby_since_us))
                {
                    self.kill(server, moment).await?;
                }
            }
            // A moment that cannot come any more is not waited for: the report shows which kills there were.
            let to_come = !moments.is_empty() && self.world.tally.standby.load(Ordering::Relaxed);
            if !to_come && self.is_over() {
                return Ok(false);
            }
            if self.world.clock.now_us() >= limit_us {
                return Ok(true);
            }
        }
    }

    fn step(&mut self) {
        self.progress.step(&self.world);
    }

    /// Everybody has clicked, nobody has anything left to do, nothing moves: sold out and resold, or nobody in line.
    fn is_over(&self) -> bool {
        let tally = &self.world.tally;
        let clicked = tally.clicked.load(Ordering::Relaxed) == u64::from(self.args.shoppers);
        let idle = tally.busy.load(Ordering::Relaxed) == 0 && self.world.pool.unanswered() == 0;
        let quiet = self.world.clock.now_us() >= tally.last_change_us() + QUIET_US;
        clicked
            && idle
            && quiet
            && (tally.standby.load(Ordering::Relaxed) || tally.standing(Stand::Waiting) == 0)
    }

    async fn kill(&mut self, server: &mut Server, moment: Moment) -> anyhow::Result<()> {
        let world = Arc::clone(&self.world);
        let kill = Kill {
            at_us: world.clock.now_us(),
            moment: moment.name().into(),
            unanswered: world.pool.unanswered(),
            sockets: count(&world.tally.sockets),
        };
        world.tally.killed(kill.at_us);
        world.recorder.write(&Line::Kill(kill.clone()));
        server.kill().await?;
        // The crowd goes on while the server is down; so does the progress line.
        let restarted = {
            let restart = server.restart();
            tokio::pin!(restart);
            let mut steps = tokio::time::interval(STEP);
            loop {
                tokio::select! {
                    done = &mut restart => break done,
                    _ = steps.tick() => self.step(),
                }
            }
        };
        restarted?;
        let base = crate::client::Base::parse(&server.ready.public)?;
        world.pool.moved(Address::resolve(&base).await?);
        let at_us = world.clock.now_us();
        world.tally.back(at_us);
        let restart = Restart {
            at_us,
            folded_again: server.metric("banjjak_consumer_folded_at_start").await,
        };
        world.recorder.write(&Line::Restart(restart.clone()));
        self.kills.push((kill, restart));
        Ok(())
    }
}
