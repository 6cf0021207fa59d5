use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rquickjs::context::EvalOptions;
use rquickjs::function::{Args, Rest};
use rquickjs::{
    CatchResultExt, Context, Ctx, Exception, Function, Object, Persistent, Runtime, TypedArray,
};

use self::memory::{Ended, LimitedMemory};
use super::{Engine, Fault, Interrupter, SCRIPTS, function_of};
use crate::host::{Host, HostError, OPERATIONS, Value};
use crate::loader::Module;

mod memory;

/// The engine that builds from the registry's sources alone.
pub(super) struct QuickJsEngine {
    // Fields drop in order: values before the context, the context before its runtime.
    mizan: Option<Persistent<Object<'static>>>,
    rejections: Rc<RefCell<Vec<Rejection>>>,
    context: Context,
    runtime: Runtime,
    host: Rc<Host>,
    ended: Arc<Ended>,
}

struct Rejection {
    promise: Persistent<rquickjs::Value<'static>>,
    reason: Persistent<rquickjs::Value<'static>>,
}

/// Of the eight megabytes that the renderer gives its threads.
const STACK: usize = 4 << 20;

impl QuickJsEngine {
    pub(super) fn start(host: &Rc<Host>, heap: usize) -> Result<Self, Fault> {
        let ended = Arc::new(Ended::default());
        let memory = LimitedMemory::new(heap, Arc::clone(&ended));
        let runtime = Runtime::new_with_alloc(memory).map_err(broken)?;
        runtime.set_max_stack_size(STACK);
        let flags = Arc::clone(&ended);
        runtime.set_interrupt_handler(Some(Box::new(move || {
            flags.interrupted.load(Ordering::Relaxed)
        })));
        let rejections = Rc::new(RefCell::new(Vec::<Rejection>::new()));
        let list = Rc::clone(&rejections);
        runtime.set_host_promise_rejection_tracker(Some(Box::new(
            move |ctx, promise, reason, handled| {
                let mut list = list.borrow_mut();
                if handled {
                    list.retain(|rejection| {
                        rejection
                            .promise
                            .clone()
                            .restore(&ctx)
                            .is_ok_and(|known| known != promise)
                    });
                } else {
                    list.push(Rejection {
                        promise: Persistent::save(&ctx, promise),
                        reason: Persistent::save(&ctx, reason),
                    });
                }
            },
        )));
        let context = Context::full(&runtime).map_err(broken)?;
        let mut engine = Self {
            mizan: None,
            rejections,
            context,
            runtime,
            host: Rc::clone(host),
            ended,
        };
        engine.boot()?;
        Ok(engine)
    }

    fn boot(&mut self) -> Result<(), Fault> {
        let host = &self.host;
        let mizan = self
            .context
            .with(|ctx| {
                let offered = Object::new(ctx.clone())?;
                for name in OPERATIONS {
                    let host = Rc::clone(host);
                    let function = Function::new(
                        ctx.clone(),
                        move |ctx: Ctx<'_>, arguments: Rest<rquickjs::Value<'_>>| {
                            let arguments: Vec<Value> = arguments.0.iter().map(from_js).collect();
                            host.call(name, &arguments)
                                .map_err(|error| throw(&ctx, &error))
                                .map(Returned)
                        },
                    )?;
                    offered.set(name, function)?;
                }
                let host = Rc::clone(host);
                let compile = Function::new(ctx.clone(), move |id: String| {
                    Compiled(Rc::clone(&host), id)
                })?;
                offered.set("compile", compile)?;
                let mizan = Object::new(ctx.clone())?;
                for (name, source) in SCRIPTS {
                    let script = compile_function(&ctx, name, &["host", "mizan"], source)?;
                    script.call::<_, ()>((offered.clone(), mizan.clone()))?;
                }
                Ok(Persistent::save(&ctx, mizan))
            })
            .map_err(|error: rquickjs::Error| {
                let caught = self.context.with(|ctx| {
                    Err::<(), _>(error)
                        .catch(&ctx)
                        .map_or_else(|caught| caught.to_string(), |()| String::new())
                });
                Fault::Broken(caught)
            })?;
        self.mizan = Some(mizan);
        Ok(())
    }

    /// What ended the code, where it was not an exception of its own.
    fn fault(&self, fault: Fault) -> Fault {
        if self.ended.out_of_memory.load(Ordering::Relaxed) {
            Fault::OutOfMemory
        } else if self.ended.interrupted.load(Ordering::Relaxed) {
            Fault::Interrupted
        } else {
            fault
        }
    }
}

impl Engine for QuickJsEngine {
    fn call(&mut self, name: &'static str, arguments: &[Value]) -> Result<Value, Fault> {
        let Some(mizan) = self.mizan.clone() else {
            return Err(Fault::Broken("the realm was not made".into()));
        };
        let result = self.context.with(|ctx| {
            let mizan = mizan.restore(&ctx).map_err(broken)?;
            let called = || {
                let function: Function<'_> = mizan.get(name)?;
                let mut args = Args::new(ctx.clone(), arguments.len());
                for argument in arguments {
                    args.push_arg(to_js(&ctx, argument)?)?;
                }
                function.call_arg::<rquickjs::Value<'_>>(args)
            };
            match called() {
                Ok(value) => Ok(from_js(&value)),
                Err(rquickjs::Error::Exception) => Err(describe(&mizan, ctx.catch())),
                Err(error) => Err(broken(error)),
            }
        });
        // React catches what is thrown for want of memory, and goes on.
        if self.ended.out_of_memory.load(Ordering::Relaxed) {
            return Err(Fault::OutOfMemory);
        }
        result.map_err(|fault| self.fault(fault))
    }

    fn run_jobs(&mut self) -> Result<(), Fault> {
        // A job that throws rejects its promise; nothing else is to be done about it.
        while !matches!(self.runtime.execute_pending_job(), Ok(false)) {
            if self.ended.interrupted.load(Ordering::Relaxed) {
                return Err(self.fault(Fault::Interrupted));
            }
        }
        Ok(())
    }

    fn take_rejections(&mut self) -> Vec<String> {
        let rejections = self.rejections.take();
        let Some(mizan) = self.mizan.clone() else {
            return Vec::new();
        };
        self.context.with(|ctx| {
            let Ok(mizan) = mizan.restore(&ctx) else {
                return Vec::new();
            };
            rejections
                .into_iter()
                .filter_map(|rejection| rejection.reason.restore(&ctx).ok())
                .filter_map(|reason| match describe(&mizan, reason) {
                    Fault::Thrown(described) => Some(described),
                    _ => None,
                })
                .collect()
        })
    }

    fn renew(&mut self) -> Result<(), Fault> {
        self.mizan = None;
        self.rejections.borrow_mut().clear();
        self.context = Context::full(&self.runtime).map_err(broken)?;
        self.runtime.run_gc();
        self.boot()
    }

    fn take_compiled(&mut self) -> Vec<Arc<Module>> {
        // It compiles fast, and checks nothing of what it would be given instead.
        Vec::new()
    }

    fn collect(&mut self) {
        self.runtime.run_gc();
    }

    fn interrupter(&self) -> Interrupter {
        let ended = Arc::clone(&self.ended);
        Arc::new(move || ended.interrupted.store(true, Ordering::Relaxed))
    }
}

impl Drop for QuickJsEngine {
    fn drop(&mut self) {
        self.mizan = None;
        self.rejections.borrow_mut().clear();
    }
}

struct Compiled(Rc<Host>, String);

impl<'js> rquickjs::IntoJs<'js> for Compiled {
    fn into_js(self, ctx: &Ctx<'js>) -> rquickjs::Result<rquickjs::Value<'js>> {
        let Some(module) = self.0.loaded(&self.1) else {
            return Err(Exception::throw_message(ctx, "this module was not loaded"));
        };
        let (parameters, body) = function_of(&module.transformed);
        compile_function(ctx, &module.id, parameters, &body).map(Function::into_value)
    }
}

fn compile_function<'js>(
    ctx: &Ctx<'js>,
    name: &str,
    parameters: &[&str],
    body: &str,
) -> rquickjs::Result<Function<'js>> {
    let mut options = EvalOptions::default();
    options.strict = false;
    options.filename = Some(name.into());
    let source = format!("(function({}){{{body}\n}})", parameters.join(","));
    ctx.eval_with_options(source, options)
}

fn throw(ctx: &Ctx<'_>, error: &HostError) -> rquickjs::Error {
    match Exception::from_message(ctx.clone(), &error.message) {
        Ok(exception) => {
            if let Some(module) = error.module {
                let index = f64::from(u32::try_from(module).unwrap_or(u32::MAX));
                if let Err(error) = exception.as_object().set("mizanModule", index) {
                    return error;
                }
            }
            exception.throw()
        }
        Err(error) => error,
    }
}

fn describe<'js>(mizan: &Object<'js>, thrown: rquickjs::Value<'js>) -> Fault {
    let described = mizan
        .get::<_, Function<'_>>("describe")
        .and_then(|describe| describe.call::<_, String>((thrown,)));
    match described {
        Ok(described) => Fault::Thrown(described),
        Err(_) => Fault::OutOfMemory,
    }
}

struct Returned(Value);

impl<'js> rquickjs::IntoJs<'js> for Returned {
    fn into_js(self, ctx: &Ctx<'js>) -> rquickjs::Result<rquickjs::Value<'js>> {
        to_js(ctx, &self.0)
    }
}

fn to_js<'js>(ctx: &Ctx<'js>, value: &Value) -> rquickjs::Result<rquickjs::Value<'js>> {
    Ok(match value {
        Value::Undefined => rquickjs::Value::new_undefined(ctx.clone()),
        Value::Bool(truth) => rquickjs::Value::new_bool(ctx.clone(), *truth),
        Value::Number(number) => rquickjs::Value::new_number(ctx.clone(), *number),
        Value::Text(text) => rquickjs::String::from_str(ctx.clone(), text)?.into_value(),
        Value::Bytes(bytes) => TypedArray::<u8>::new_copy(ctx.clone(), bytes)?.into_value(),
    })
}

fn from_js(value: &rquickjs::Value<'_>) -> Value {
    if let Some(truth) = value.as_bool() {
        return Value::Bool(truth);
    }
    if let Some(number) = value.as_number() {
        return Value::Number(number);
    }
    if let Some(text) = value.as_string() {
        return Value::Text(text.to_string().unwrap_or_default());
    }
    if let Some(array) = value
        .as_object()
        .and_then(|object| object.as_typed_array::<u8>())
    {
        #[expect(
            unsafe_code,
            reason = "rquickjs lends the bytes of an array only this way"
        )]
        // SAFETY: no JavaScript runs, and so nothing detaches or resizes the buffer, before they are copied.
        let bytes = unsafe { array.as_bytes() };
        return Value::Bytes(bytes.unwrap_or_default().to_vec());
    }
    Value::Undefined
}

fn broken(error: impl std::fmt::Display) -> Fault {
    Fault::Broken(error.to_string())
}
