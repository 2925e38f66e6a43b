/** `bento completion`: prints the script that makes a shell complete the words of `bento`. */
import { Argument, type Command } from 'commander';
import { type Shell, scripts } from '../completion-scripts.ts';

/** Adds arguments, options and what to do. */
export function define(command: Command): void {
  command.addArgument(new Argument('<shell>', 'the shell that is used').choices(Object.keys(scripts)));
  command.addHelpText(
    'after',
    `
Examples:
  echo 'source <(bento completion bash)' >> ~/.bashrc
  echo 'source <(bento completion zsh)' >> ~/.zshrc      behind compinit
  bento completion fish > ~/.config/fish/completions/bento.fish`,
  );
  command.action((shell: Shell) => void process.stdout.write(scripts[shell]));
}
