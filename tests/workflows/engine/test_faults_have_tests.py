"""Every known fault of SpiffWorkflow 3.2.0, and the tests that prove it repaired or refused here.

A key is what the library does wrong; its value names tests, of any file of these. A test that is renamed or
goes away is missed here.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]

READING = {
    "nodes that no flow reaches vanish": "test_orphans_vanish_silently",
    "isExecutable absent means true": "test_only_executable_processes_can_be_started_but_pictures_can_be_read",
    "sequence flows lose their ids": "test_a_line_runs_from_start_to_end",
    "sequence flows without id vanish": "test_sequence_flows_without_id_vanish",
    "nodes without id vanish": "test_nodes_without_id_vanish",
    "one space of ids for caller and callee": "test_a_called_process_may_not_use_ids_of_its_caller_again",
    "bad XML, a DOCTYPE, entities, depth, a wrong root": (
        "test_dangerous_or_foreign_bytes_are_refused_with_a_reason"
    ),
    "dangling references, duplicate ids, a boundary event on nothing": (
        "test_structural_errors_name_their_element"
    ),
    "KeyError for a business rule task without decision": "test_what_would_fail_at_run_time_is_said_at_reading",
    "syntax errors in conditions, scripts and timers": "test_what_would_fail_at_run_time_is_said_at_reading",
    "no end event": "test_missing_end_event_is_fine",
    "JavaScript is run as Python": "test_script_language_is_judged_by_its_body",
    "a condition on an only flow is ignored": (
        "test_conditions_on_the_flows_of_a_task_are_followed test_broken_and_mended"
    ),
    "several flows out of an activity are refused": "test_several_flows_out_of_a_task_are_refused",
    "exactly one start event is demanded": "test_implicit_start_and_empty_subprocess",
    "a chain of 500 tasks": "test_chain_of_500_tasks_overflows_the_parser",
    "a data object two levels down hangs the parser": (
        "test_data_object_used_two_levels_down_hangs_the_parser"
    ),
    "event definitions by reference": "test_event_definition_by_reference_is_skipped",
    "events in places where they become none": (
        "test_a_legal_cell_is_read_and_runs test_an_illegal_cell_is_refused_with_the_reason"
    ),
    "an event gateway before a user task": "test_event_gateway_leads_to_events_only",
    "ids Start and End": "test_ids_start_and_end_collide_with_internal_names",
    "attributes that are read by nobody": "test_a_definition_tells_what_it_holds_and_uses",
    "listeners and connectors that are read by nobody": "test_listeners_are_told",
    "decision tables: hit policies, cells in Python, aggregates": (
        "test_hit_policies test_bad_cells_are_refused test_collect_can_aggregate"
    ),
}
CODE = {
    "any Python in scripts": "test_scripts_hold_assignments_and_nothing_else",
    "any Python in conditions": "test_conditions_cannot_climb",
    "the unrestricted engine is back after loading": "test_after_a_reload_python_is_evaluated_again",
    "no limit of time": "test_expressions_that_eat_time_are_stopped",
    "an endless script": "test_endless_script_loop_completes_after_1000_steps",
    "calls of oneself for ever": (
        "test_self_calling_process_loops_for_ever test_calls_in_an_endless_circle_are_bounded"
    ),
    "form keys like names of functions": "test_form_keys_like_function_names_stall_the_process",
    "errors of services become NameError": "test_exception_in_a_service_surfaces_as_name_error",
    "external tasks cannot be stored": "test_external_task_cannot_be_stored",
    "retries are parsed and never made": "test_a_continuation_that_fails_is_tried_again_and_then_an_incident",
}
RUNNING = {
    "due timers are left unrun": "test_due_time_survives_reload_and_fires_at_the_instant",
    "tasks have no guard": "test_a_task_runs_although_it_is_completed_cancelled_or_far_ahead",
    "joins in loops fire early": "test_join_in_a_loop_fires_early",
    "an inclusive join in a loop": (
        "test_inclusive_join_in_a_loop_waits_for_chosen_branches_only test_38_general_synchronizing_merge"
    ),
    "excess tokens at a parallel join": "test_excess_token_is_lost_at_a_parallel_join",
    "a task with two incoming flows": "test_task_with_two_inputs_runs_once_for_each_token",
    "depth 1,000": "test_depth_of_1000_hides_tasks_and_state_grows_with_every_turn",
    "cycles without an exclusive gateway": (
        "test_cycle_without_a_gateway_overflows_the_stack test_cycle_off_a_parallel_split_overflows_the_stack"
    ),
    "steps cancelled in the same sweep run": (
        "test_steps_run_although_cancelled_in_the_same_sweep "
        "test_cancelling_reaches_a_sibling_that_is_ready_in_the_same_sweep"
    ),
    "interrupting events wait for a subprocess to drain": (
        "test_interrupting_event_waits_until_the_subprocess_is_drained"
    ),
    "a scope ends with tokens in it": "test_scope_ends_only_when_no_token_is_left_in_it",
    "cancelling misses what is inside": "test_cancelling_misses_tasks_inside_subprocesses",
}
TIMERS = {
    "bare ISO literals are a NameError": "test_unquoted_durations_are_a_name_error",
    "naive dates take the zone of the server": "test_naive_dates_take_the_servers_zone",
    "-PT1H is plus one hour, empty fires at once, cron": (
        "test_what_is_no_duration test_what_is_no_cycle test_what_would_fail_at_run_time_is_said_at_reading"
    ),
    "a month is a number of days": (
        "test_months_follow_the_calendar_of_the_office "
        "test_monthly_cycle_does_not_drift_to_the_shortest_month"
    ),
    "overdue cycles storm": "test_overdue_cycle_storms_after_an_outage",
    "two timers on one event gateway": "test_two_timers_on_one_event_gateway_share_one_due_time",
    "what is next due is not told": "test_event_subprocesses_are_invisible_among_what_waits",
    "a bad timer raises out of the task before": (
        "test_bad_timer_expression_raises_out_of_the_previous_task_and_strands_the_run"
    ),
    "an error on entering strands the token": "test_an_entered_element_that_fails_strands_its_token",
}
EVENTS = {
    "messages lose their payload": "test_the_payload_of_a_message_is_dropped",
    "one message reaches many": "test_message_goes_to_one_waiting_event_only",
    "what is thrown is stored for ever": "test_thrown_messages_are_stored_for_ever",
    "no store of messages": "test_24_persistent_trigger test_a_message_is_kept_till_somebody_waits_for_it",
    "receive tasks without message do not wait": "test_receive_task_without_message_does_not_wait",
    "non-interrupting message events fire once": "test_non_interrupting_message_boundary_fires_once",
    "conditions are looked at now and then": (
        "test_conditional_event_is_checked_only_when_some_task_completes_and_missing_variables_raise"
    ),
    "signal end events": "test_signal_end_event_is_read_as_a_plain_end",
    "signals stay in the instance": "test_a_signal_reaches_everybody_who_waits_and_may_be_moved",
    "link events": "test_link_events_end_their_path",
    "errors hit siblings": "test_error_hits_a_parallel_sibling",
    "errors go to whoever is first": "test_error_takes_the_exact_code_before_the_catch_all_and_goes_outwards",
    "escalations hit siblings": (
        "test_escalation_goes_on_beside_or_interrupts "
        "test_an_escalation_end_event_takes_the_exact_code_first_and_ends_only_its_token"
    ),
    "uncaught errors are ignored": "test_uncaught_error_is_ignored_and_the_flow_goes_on",
    "errors of operations reach no boundary event": "test_operations_error_never_reaches_an_error_boundary",
    "compensation": "test_handlers_run_in_reverse_order_of_completion",
    "compensation starts at the beginning": (
        "test_a_compensation_event_subprocess_runs_instead_of_the_inner_handlers"
    ),
    "transactions do not compensate": "test_a_cancel_end_undoes_everything_before_the_boundary_event_is_left",
    "terminate": "test_terminate_ends_its_own_scope_only",
    "events that are over stay as ghosts": "test_events_that_are_over_stay_as_ghosts",
}
SUBPROCESSES = {
    "event subprocesses ignore isInterrupting": (
        "test_an_interrupting_event_subprocess_cancels_all_else_in_its_scope"
    ),
    "nested event subprocesses never start": "test_nested_event_subprocesses",
    "error and escalation starts run at once": (
        "test_an_error_is_caught_by_the_event_subprocess_before_the_boundary_event "
        "test_an_escalation_is_caught_in_its_scope_and_the_throw_goes_on_if_not_interrupted"
    ),
    "a timer start blocks completion": "test_an_armed_event_subprocess_never_keeps_its_scope_open",
    "event subprocesses change the shared specification": (
        "test_shared_definition_is_mutated_and_threads_disturb_each_other"
    ),
    "event subprocesses are invisible": "test_event_subprocesses_are_invisible_among_what_waits",
    "ad-hoc subprocesses crash": "test_everything_enabled_starts_at_once_and_is_done_once",
    "complex gateways": "test_a_complex_gateway_fires_when_its_condition_holds_and_swallows_the_rest",
    "startQuantity and completionQuantity": (
        "test_an_activity_starts_when_enough_tokens_have_arrived test_so_many_tokens_leave_by_each_flow"
    ),
    "behaviors of multi-instance activities": "test_behavior_complex_throws_where_its_condition_holds",
    "instantiating receive tasks": "test_an_instantiating_receive_task_begins_the_process",
    "global tasks": "test_a_global_task_runs_as_that_task",
}
REPEATED = {
    "only the output item is kept": "test_multi_instance_keeps_what_each_wrote_and_survives_reload",
    "a missing output item raises, an output that is there already too": (
        "test_counted_instances_stumble_over_an_output_that_is_there_already"
    ),
    "sequential without output collection": (
        "test_sequential_multi_instance_without_output_collection_fails_at_the_second_item"
    ),
    "a boundary timer leading to a parallel one": (
        "test_boundary_timer_leading_to_a_parallel_multi_instance_task"
    ),
    "a boundary event on a subprocess of many": ("test_interrupting_boundary_on_a_multi_instance_subprocess"),
    "counts without end": "test_bad_cardinality_fails_with_the_element",
    "negative counts": "test_a_negative_number_at_run_time_names_the_activity",
    "never done after loading": "test_multi_instance_keeps_what_each_wrote_and_survives_reload",
}
DATA = {
    "lists at joins": "test_lists_are_overwritten_at_joins",
    "shortened lists": "test_shortened_lists_are_corrupted",
    "shallow copies": "test_nested_edits_change_siblings_and_the_past",
    "missing data objects": "test_missing_data_objects_raise_after_the_task_is_completed",
    "poison keys": "test_some_user_data_makes_an_instance_unloadable",
    "dates, sets, decimals": "test_values_of_expressions_are_stored_as_json",
    "process variables appear at the end": "test_subprocess_writes_reach_the_process",
}
STATE = {
    "the specification is stored with every instance": "test_state_holds_no_specification_and_no_history",
    "the state grows with every turn": "test_depth_of_1000_hides_tasks_and_state_grows_with_every_turn",
    "the order of keys": "test_data_are_lost_when_the_order_of_keys_changes",
    "a shared specification is changed": "test_shared_definition_is_mutated_and_threads_disturb_each_other",
    "the serializer is for one thread": "test_shared_definition_is_mutated_and_threads_disturb_each_other",
    "ids change": "test_task_ids_and_times_are_stable_over_reload",
    "an exception in mid-run": (
        "test_an_exception_in_mid_run_leaves_a_half_step test_a_failing_operation_stores_nothing_at_all "
        "test_a_completion_that_fails_keeps_the_answers_and_tells_the_operator"
    ),
    "two writers": "test_a_writer_that_missed_another_ones_turn_conflicts test_of_eight_who_complete_one_does_it",
    "logs carry data": "test_logs_carry_data",
    "a step costs more in a large diagram": "test_a_completion_costs_the_same_in_a_large_diagram",
    "a step costs more in a later turn": "test_a_turn_of_a_loop_costs_the_same_as_the_first",
}
#: What the engine does not offer, so that the library's faults in it meet nobody.
UNUSED = {
    "send back (reset_from_task_id)": "no act of the engine moves a token back; diagrams draw the way back",
    "migration of running instances": "an instance keeps the version that it was started with",
    "CamundaParser, SpiffBpmnParser": "only the core parser is used, with specs of our own",
    "prediction, refresh_waiting_tasks, do_engine_steps, event_manager": "the engine plays its own token game",
}
ALL = {**READING, **CODE, **RUNNING, **TIMERS, **EVENTS, **SUBPROCESSES, **REPEATED, **DATA, **STATE}


@pytest.fixture(scope="module")
def written() -> set[str]:
    """Give the names of all tests of the workflows."""
    texts = (path.read_text() for path in TESTS.rglob("test_*.py"))
    return {name for text in texts for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE)}


@pytest.mark.parametrize("fault", ALL)
def test_a_fault_has_its_tests(fault: str, written: set[str]) -> None:
    assert set(ALL[fault].split()) <= written


def test_no_fault_is_told_twice() -> None:
    parts = (READING, CODE, RUNNING, TIMERS, EVENTS, SUBPROCESSES, REPEATED, DATA, STATE)
    assert sum(map(len, parts)) == len(ALL)
    assert not ALL.keys() & UNUSED.keys()
