//! Scenes that are made up at random, see `properties`.

use std::task::Poll;

use segue::{
    Edge, Handoff,
    driver::{SendError, Turn},
};

use super::{Connection, Log};
use crate::{
    executor::with_patience,
    properties::{Does, Heard, Scene},
    talk::Talk,
};

/// Echoes a whole stream, in the way that the scene has it.
pub(crate) fn echoed(scene: &Scene) -> Heard {
    with_patience(scene.patience, || {
        run!({
            let script = scene.script();
            let handoff = Handoff::new(script.clone(), scene.carried());
            let mut connection = Connection::from_handoff(handoff, Talk::default())
                .with_options(scene.options)
                .peeking();
            let mut log = Log::default();
            let mut turns = 0_usize;
            loop {
                turns += 1;
                if scene.every.is_some_and(|every| turns.is_multiple_of(every)) {
                    // Waiting in two steps, or for something else first, makes no difference.
                    if let Err(error) = wait!(connection.flush()) {
                        log.failures.push(error.kind());
                    }
                    if let Poll::Ready(Err(error)) = once!(connection.ready())
                        && !log.error(error)
                    {
                        break;
                    }
                }
                match wait!(connection.turn()) {
                    Ok(Some(Turn { item, mut output })) => {
                        log.items.push(item.to_vec());
                        if let Err(error) = output.queue(&mut Talk::default(), item) {
                            log.unsent(error);
                        }
                        if scene.every.is_some_and(|every| turns.is_multiple_of(every))
                            && let Err(error) = wait!(output.room())
                        {
                            log.failures.push(error.kind());
                        }
                    }
                    Ok(None) => {
                        log.ended = true;
                        break;
                    }
                    Err(error) => {
                        if !log.error(error) {
                            break;
                        }
                    }
                }
            }
            if let Err(error) = wait!(connection.flush()) {
                log.failures.push(error.kind());
            }
            let position = connection.position();
            let handoff = connection.hand_off(Edge::Carry).unwrap_or_else(|refused| {
                // Something beyond the end of the stage could not be read.
                log.failures.push(refused.failure().unwrap().kind());
                refused.into_connection().hand_off(Edge::Carry).unwrap()
            });
            let rest = [handoff.read(), &script.unread()].concat();
            Heard { log, rest, position, written: script.written() }
        })
    })
}

/// Returns the result of a scene in which the caller acts at random, and the items it has sent.
pub(crate) fn done(scene: &Scene, does: &[Does]) -> (Heard, Vec<Vec<u8>>) {
    with_patience(scene.patience, || {
        run!({
            let script = scene.script();
            let handoff = Handoff::new(script.clone(), scene.carried());
            let mut connection = Connection::from_handoff(handoff, Talk::default())
                .with_options(scene.options)
                .peeking();
            let mut log = Log::default();
            let mut sent = Vec::new();
            let mut number = 0_u16;
            let mut next = || {
                number += 1;
                number.to_be_bytes()
            };
            // Everything is polled once, and given up if it is not ready.
            for does in does {
                match does {
                    Does::Turn => {
                        if let Poll::Ready(turn) = once!(connection.turn()) {
                            log.turn(turn.map(|turn| turn.map(|turn| turn.item.to_vec())));
                        }
                    }
                    Does::TurnAndAnswer => {
                        let item = match once!(connection.turn()) {
                            Poll::Ready(Ok(Some(Turn { item, mut output }))) => {
                                let answer = next();
                                output.queue(&mut Talk::default(), &answer[..]).unwrap();
                                sent.push(answer.to_vec());
                                let _ = once!(output.room());
                                Ok(Some(item.to_vec()))
                            }
                            Poll::Ready(Ok(None)) => Ok(None),
                            Poll::Ready(Err(error)) => Err(error),
                            Poll::Pending => continue,
                        };
                        log.turn(item);
                    }
                    Does::Ready => {
                        if let Poll::Ready(Err(error)) = once!(connection.ready()) {
                            log.error(error);
                        }
                    }
                    Does::Take => {
                        if let Some(item) = connection.take() {
                            match item {
                                Ok(item) => log.items.push(item.to_vec()),
                                Err(fault) => log.faults.push(fault),
                            }
                        }
                    }
                    Does::Send => {
                        let item = next();
                        match once!(connection.queue(&mut Talk::default(), &item[..])) {
                            Poll::Ready(Ok(())) => sent.push(item.to_vec()),
                            Poll::Ready(Err(SendError::Io(error))) => {
                                panic!("nothing fails here: {error}")
                            }
                            Poll::Ready(Err(error)) => panic!("{error:?}"),
                            Poll::Pending => {}
                        }
                    }
                    Does::Flush => {
                        if let Poll::Ready(flushed) = once!(connection.flush()) {
                            flushed.unwrap();
                        }
                    }
                    Does::Stall => drop(script.clone().write_stalls()),
                    Does::GoOn => script.goes_on(),
                    Does::Read(policy) => connection.options_mut().policy = *policy,
                }
                if log.is_over() {
                    break;
                }
            }
            script.goes_on();
            while !log.is_over() {
                let turn = wait!(connection.turn());
                log.turn(turn.map(|turn| turn.map(|turn| turn.item.to_vec())));
            }
            wait!(connection.flush()).unwrap();
            let position = connection.position();
            let handoff = connection.hand_off(Edge::Carry).unwrap();
            let rest = [handoff.read(), &script.unread()].concat();
            (Heard { log, rest, position, written: script.written() }, sent)
        })
    })
}
