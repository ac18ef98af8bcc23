"""The mutants. A change of the library that touches the old text of one moves the mutant with it."""

from __future__ import annotations

from typing import Final

from tests.mutants.mutant import Mutant

_BODY: Final = "foundry_telemetry/instrumentation/body.py"
_EXCHANGE: Final = "foundry_telemetry/instrumentation/tracked_request.py"
_METRICS: Final = "foundry_telemetry/signals/metrics.py"
_MESSAGE: Final = "foundry_telemetry/wire/message.py"
_SHIM: Final = "foundry_telemetry/instrumentation/instrumented_transport.py"
_ATTEMPT: Final = "foundry_telemetry/attempt.py"
_OUTCOMES: Final = "foundry_telemetry/outcomes.py"

MUTANTS: Final = (
    Mutant(
        "read-in-the-hook",
        _BODY,
        """        tracked.answered(response)
        if response.is_closed:""",
        """        tracked.answered(response)
        if body is SyncBody:
            response.read()
        if response.is_closed:""",
        ("tests/fault_injection/test_streams.py::test_nothing_is_held_back",),
        (44,),
    ),
    Mutant(
        "attach-in-the-generator",
        _BODY,
        """        held, left, next_run = self._run
        try:
            for piece in self._stream:""",
        """        held, left, next_run = self._run
        __import__("opentelemetry.context").context.attach(self._tracked.binding.context)
        try:
            for piece in self._stream:""",
        ("tests/fault_injection/test_context.py::test_user_span_between_pieces",),
        (50,),
    ),
    Mutant(
        "swallow-cancellation",
        _BODY,
        """        except BaseException as error:
            self._tracked.fail(error)
            raise
        finally:""",
        """        except BaseException as error:
            self._tracked.fail(error)
            return
        finally:""",
        ("tests/fault_injection/test_cancellation.py::test_cancelled_in_the_body",),
        (47,),
    ),
    Mutant(
        "cancelled-is-failed",
        _EXCHANGE,
        'self.end("failed" if isinstance(error, Exception) else "cancelled", error)',
        'self.end("failed", error)',
        ("tests/fault_injection/test_cancellation.py::test_cancelled_before_headers",),
        (47,),
    ),
    Mutant(
        "no-inner-close",
        _BODY,
        """            if isinstance(pieces, AsyncGenerator):
                await pieces.aclose()""",
        """            pass""",
        ("tests/fault_injection/test_cancellation.py::test_inner_iteration_is_closed_in_the_same_task",),
        (47, 48),
    ),
    Mutant(
        "await-before-the-inner-close",
        _BODY,
        """        self._closed()
        await self._stream.aclose()""",
        """        self._closed()
        await __import__("anyio").lowlevel.checkpoint()
        await self._stream.aclose()""",
        ("tests/fault_injection/test_cancellation.py::test_inner_close_always_runs",),
        (48,),
    ),
    Mutant(
        "no-finally",
        _SHIM,
        """            response = self.inner.handle_request(request)
        except BaseException as error:
            tracked.fail(error)
            raise
        finally:
            tracked.is_on_its_way = False
            if token is not None:
                context_api.detach(token)""",
        """            response = self.inner.handle_request(request)
        except BaseException as error:
            tracked.fail(error)
            raise
        if token is not None:
            context_api.detach(token)""",
        ("tests/fault_injection/test_context.py::test_nothing_is_left_current_after_a_failure",),
        (49,),
    ),
    Mutant(
        "body-without-elapsed",
        _BODY,
        "        return getattr(self._stream, name)",
        "        raise AttributeError(name)",
        ("tests/fault_injection/test_streams.py::test_each_way_of_reading",),
        (45,),
    ),
    Mutant(
        "guard-that-raises",
        "foundry_telemetry/instrumentation/tracker.py",
        """        except Exception as error:
            internal_errors.add(error)
            return None""",
        """        except Exception as error:
            internal_errors.add(error)
            raise""",
        ("tests/fault_injection/test_own_failures.py::test_broken_function[httpx-sync-process-80]",),
        (21,),
    ),
    Mutant(
        "first-sink-that-raises-is-the-last",
        "foundry_telemetry/instrumentation/notify.py",
        """        except Exception as error:
            if listener.is_deferred:""",
        """        except Exception as error:
            if listener.is_deferred:
                raise
            if listener.is_deferred:""",
        ("tests/fault_injection/test_other_instrumentation.py::test_bad_sink",),
        (22,),
    ),
    Mutant(
        "raw-ids",
        "foundry_telemetry/wire/sanitize.py",
        """        return value.decode("ascii")
    return f"invalid:{len(value)}"
""",
        """        return value.decode("ascii")
    return value.decode("latin-1")
""",
        ("tests/hostile/test_ids.py::test_hostile_ids_from_a_socket",),
        (72,),
    ),
    Mutant(
        "url-with-query",
        "foundry_telemetry/wire/request_matcher.py",
        "        url=target.url, on_foundry_host",
        '        url=f"{target.url}?{raw_path.decode()}", on_foundry_host',
        ("tests/hostile/test_secrets.py::test_canaries",),
        (74,),
    ),
    Mutant(
        "key-as-client",
        "foundry_telemetry/wire/headers.py",
        'client=_client(found.get(b"user-agent")),',
        'client=found.get(b"x-api-key", b"").decode(),',
        ("tests/hostile/test_secrets.py::test_canaries",),
        (74,),
    ),
    Mutant(
        "token-in-a-repr",
        "foundry_telemetry/wire/headers.py",
        'return "Bearer(...)"',
        "return bytes.__repr__(self)",
        ("tests/hostile/test_secrets.py::test_reprs",),
        (75,),
    ),
    Mutant(
        "exception-text-in-the-log",
        "foundry_telemetry/internal_errors.py",
        'return f"{type(error).__name__} at {place}"',
        'return f"{error!r} at {place}"',
        ("tests/hostile/test_secrets.py::test_failures_of_our_own",),
        (75,),
    ),
    Mutant(
        "baggage-leaves",
        "foundry_telemetry/instrumentation/propagation.py",
        "self.chosen = _TRACE_CONTEXT if is_default else current",
        "self.chosen = current",
        ("tests/hostile/test_secrets.py::test_no_baggage_leaves",),
        (74,),
    ),
    Mutant(
        "quadratic-buffer",
        "foundry_telemetry/wire/lines.py",
        """        if self._skipping or len(self._partial) + len(part) > MAX_LINE:
            self._skipping = True
            self._partial.clear()
        else:
            self._partial += part""",
        """        self._partial = bytearray(bytes(self._partial) + part)""",
        ("tests/hostile/test_bodies.py::test_endless_line_is_linear",),
        (66,),
    ),
    Mutant(
        "tokens-added-up",
        _MESSAGE,
        "(name, value) for name, value in usage.items() if value is not None and name in USAGE_FIELDS",
        """(name, value + self._usage.get(name, 0) if type(value) is int else value)
            for name, value in usage.items()
            if value is not None and name in USAGE_FIELDS""",
        ("tests/wire/test_stream_blocks.py::test_later_counters_replace_earlier",),
        (67,),
    ),
    Mutant(
        "tokens-counted-twice",
        _METRICS,
        "            self.standard.record(series.standard, observation, moment, ends_call=ends_call)",
        """            self.standard.record(series.standard, observation, moment, ends_call=ends_call)
            self.standard.record(series.standard, observation, moment, ends_call=ends_call)""",
        ("tests/hostile/test_cardinality.py::test_nothing_is_lost_in_other",),
        (77,),
    ),
    Mutant(
        "placeholder-as-output",
        "foundry_telemetry/wire/usage.py",
        'output = counts.get("output_tokens") if final else None',
        'output = counts.get("output_tokens")',
        ("tests/fault_injection/test_streams.py::test_stalled_stream",),
        (5,),
    ),
    Mutant(
        "missing-as-zero",
        "foundry_telemetry/wire/usage.py",
        'input_tokens=counts.get("input_tokens"),',
        'input_tokens=counts.get("input_tokens", 0),',
        ("tests/wire/test_recorded.py", "tests/hostile/test_usage.py"),
        (70,),
    ),
    Mutant(
        "abandoned-as-ok",
        _OUTCOMES,
        '"closed": "abandoned"}',
        '"closed": "ok"}',
        ("tests/fault_injection/test_streams.py::test_abandoned_stream",),
        (41,),
    ),
    Mutant(
        "dropped-and-forgotten",
        _EXCHANGE,
        "                add_abandoned(self, perf_counter_ns())",
        "                pass",
        ("tests/fault_injection/test_streams.py::test_dropped_stream_is_reported_by_the_next_attempt",),
        (41,),
    ),
    Mutant(
        "hop-as-a-call-of-its-own",
        "foundry_telemetry/instrumentation/tracker.py",
        "        binding.number = previous.attempt.number + 1\n",
        "        binding.number = 1\n",
        ("tests/fault_injection/test_responses.py::test_redirect",),
        (14,),
    ),
    Mutant(
        "retry-counted-as-a-call",
        _METRICS,
        "ends_call = measurement.ours or _ends_call(observation)",
        "ends_call = True",
        ("tests/signals/test_metrics.py",),
        (),
    ),
    Mutant(
        "internal-span-is-no-owner",
        "foundry_telemetry/signals/open_spans.py",
        "(SpanKind.CLIENT, SpanKind.INTERNAL)",
        "(SpanKind.CLIENT,)",
        ("tests/instrumentation/test_frameworks.py::test_tokens_stand_on_one_span",),
        (59,),
    ),
    Mutant(
        "usage-written-twice",
        "foundry_telemetry/signals/missing_usage.py",
        "            if not has_usage(span):",
        "            if True:",
        ("tests/instrumentation/test_frameworks.py::test_tokens_stand_on_one_span",),
        (59,),
    ),
    Mutant(
        "one-span-for-every-call",
        "foundry_telemetry/signals/call_span.py",
        "if not one.is_claimed and _may_ask",
        "if _may_ask",
        ("tests/instrumentation/test_frameworks.py::test_open_span_of_another_call",),
        (59,),
    ),
    Mutant(
        "standard-metrics-recorded-twice",
        "foundry_telemetry/signals/standard_metrics.py",
        "self._elsewhere or {}, observation.usage, series.by_name",
        "{}, observation.usage, series.by_name",
        ("tests/signals/test_standard_metrics.py",),
        (59,),
    ),
    Mutant(
        "two-integrations-count-twice",
        "foundry_telemetry/instrumentation/hooks.py",
        """            if not isinstance(marker, RequestMarker):  # not ours, or another integration has it
                return
""",
        """            if not isinstance(marker, RequestMarker):
                marker = None
""",
        ("tests/instrumentation/test_combined.py::test_redirect",),
        (14,),
    ),
    Mutant(
        "ids-on-metrics",
        "foundry_telemetry/signals/metric_attributes.py",
        "        names.AUTH_SCHEME: observation.auth_scheme,",
        """        names.CALL_ID: observation.call_id,
        names.AUTH_SCHEME: observation.auth_scheme,""",
        (
            "tests/hostile/test_cardinality.py::test_twenty_thousand_of_everything",
            "tests/signals/test_metrics.py",
        ),
        (77,),
    ),
    Mutant(
        "wall-clock",
        _ATTEMPT,
        "duration_s=(now_ns - self._clock_ns) / 1e9",
        "duration_s=(time_ns() - self.started_ns) / 1e9",
        ("tests/hostile/test_clock.py::test_clock_jumps",),
        (80,),
    ),
    Mutant(
        "two-ends",
        _ATTEMPT,
        """            self._open.pop()
        except IndexError:
            return None""",
        """            self._open.clear()
        except IndexError:
            return None""",
        ("tests/hostile/test_free_threads.py::test_one_end_wins",),
        (51, 87),
    ),
    Mutant(
        "fork-tells-twice",
        _ATTEMPT,
        """        if self._generation != _Generation.number:
            return None
""",
        "",
        ("tests/fault_injection/test_processes.py::test_fork_of_a_fork_with_an_open_stream",),
        (35,),
    ),
    Mutant(
        "lock-held-at-a-fork",
        "foundry_telemetry/azure/__init__.py",
        "    os.register_at_fork(after_in_child=_forget_lock)",
        "    pass",
        ("tests/fault_injection/test_processes.py::test_fork_while_a_thread_sets_up",),
        (34,),
    ),
    Mutant(
        "holds-of-a-copy-stay",
        "foundry_telemetry/instrumentation/class_patch.py",
        "        if type(patch) is ClientPatch and patch.is_active:",
        "        if patch.is_active:",
        ("tests/fault_injection/test_environments.py::test_imported_again",),
        (39,),
    ),
    Mutant(
        "any-text-is-an-id",
        "foundry_telemetry/investigate/ticket/ids.py",
        """        if form.fullmatch(bare):""",
        """        if form.match(bare):""",
        ("tests/investigate/test_ids.py",),
        (73,),
    ),
    Mutant(
        "any-host-is-ours",
        "foundry_telemetry/local/api/request_guard.py",
        "if len(hosts) == 1 and hosts[0].lower() in _own(port):",
        "if hosts:",
        ("tests/local/test_request_guard.py::test_other_hosts",),
        (84,),
    ),
    Mutant(
        "compressed-bytes-are-read",
        _BODY,
        "            run = _UNSEEN\n",
        "            pass\n",
        ("tests/hostile/test_bodies.py::test_encodings",),
        (63,),
    ),
    Mutant(
        "every-host-is-foundry",
        "foundry_telemetry/wire/request_matcher.py",
        "if not (is_foundry or in_foundry_span() or has_foundry_credential(headers)):",
        "if False:",
        ("tests/instrumentation/test_recorded.py::test_other_traffic_is_not_seen",),
        (),
    ),
    Mutant(
        "no-price-is-zero",
        "foundry_telemetry/pricing/__init__.py",
        """            force_setattr(observation, "cost_source", found.source)""",
        """            force_setattr(observation, "cost_source", found.source)
        else:
            force_setattr(observation, "cost_usd", 0.0)""",
        ("tests/hostile/test_usage.py",),
        (70,),
    ),
    Mutant(
        "unfinished-is-ok",
        _OUTCOMES,
        'return "truncated", make_failure("stream_truncated", origin="unknown")',
        'return "ok", None',
        ("tests/fault_injection/test_streams.py::test_unfinished_stream",),
        (8,),
    ),
    Mutant(
        "pieces-fed-twice",
        _BODY,
        "            self._tracked.attempt.feed(piece)",
        "            self._tracked.attempt.feed(piece)\n            self._tracked.attempt.feed(piece)",
        ("tests/hostile/test_bodies.py::test_encodings",),
        (63,),
    ),
    Mutant(
        "lost-on-the-way-to-disk",
        "foundry_telemetry/azure/storage.py",
        "        if name != _STORED:\n",
        "        if False:\n",
        ("tests/fault_injection/test_storage.py::test_file_in_the_place_of_the_folder",),
        (29,),
    ),
    Mutant(
        "child-tells-for-its-parent",
        "foundry_telemetry/azure/forks.py",
        "        self._unsent.clear()\n",
        "",
        ("tests/azure/test_forks.py::test_the_child_leaves_it_to_the_parent",),
        (),
    ),
    Mutant(
        "handler-of-the-user-replaced",
        "foundry_telemetry/azure/shutdown.py",
        "if on_main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:",
        "if on_main:",
        ("tests/azure/test_shutdown.py::test_handler_of_the_user",),
        (32,),
    ),
    Mutant(
        "lost-count-is-lost",
        "foundry_telemetry/azure/envelopes.py",
        """            _requeue(point[1], data.get("properties", {}))
""",
        "            pass\n",
        ("tests/azure/test_dropped_items.py::test_requeued",),
        (),
    ),
    Mutant(
        "parent-counted-again-by-its-child",
        "foundry_telemetry/azure/forks.py",
        "        forgetting.start()\n        forgetting.join(_FORGET_S)\n",
        "",
        ("tests/azure/test_forks.py::test_the_child_leaves_it_to_the_parent",),
        (),
    ),
    Mutant(
        "killed-by-uvicorn-unsent",
        "foundry_telemetry/azure/exit_hooks.py",
        "        if is_fatal:\n            self._flush()\n",
        "        if is_fatal:\n            pass\n",
        ("tests/azure/test_exit_hooks.py::test_flush_comes_after_the_shutdown",),
        (),
    ),
    Mutant(
        "quota-reported-as-refusal",
        "foundry_telemetry/azure/drop_counting.py",
        "said.why = Reason.QUOTA if error.status_code in _QUOTA else Reason.REFUSED",
        "said.why = Reason.REFUSED",
        ("tests/azure/test_dropped_items.py::test_one_batch",),
        (27,),
    ),
    Mutant(
        "owner-of-anybody",
        "foundry_telemetry/wire/causes.py",
        "    if origin in _NOBODY:\n        return _OF_STATUS.get(status or 0)\n",
        "",
        ("tests/wire/test_evidence.py", "tests/wire/test_odd_answers.py"),
        (),
    ),
    Mutant(
        "shape-as-evidence",
        "foundry_telemetry/wire/errors.py",
        'return "anthropic" if on_azure or ids.request_id or body.request_id else "unknown"',
        'return "anthropic"',
        ("tests/wire/test_evidence.py", "tests/wire/test_odd_answers.py"),
        (),
    ),
    Mutant(
        "no-message-as-ok",
        "foundry_telemetry/outcomes.py",
        'if ended.body in ("message", "unseen") or ended.request.operation is None:',
        'if ended.body != "unseen" or ended.request.operation is None:',
        ("tests/wire/test_odd_answers.py",),
        (),
    ),
    Mutant(
        "advisor-for-nothing",
        "foundry_telemetry/pricing/__init__.py",
        "        if usage.has_other_charges:\n            return None\n",
        "",
        ("tests/wire/test_odd_answers.py", "tests/pricing/test_pricing.py"),
        (),
    ),
    Mutant(
        "any-place-at-list-price",
        "foundry_telemetry/pricing/list_prices.py",
        " or not _is_listed(answer.model, context, day_start)",
        "",
        ("tests/wire/test_odd_answers.py", "tests/pricing/test_pricing.py"),
        (),
    ),
)
