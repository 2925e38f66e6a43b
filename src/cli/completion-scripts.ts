/** The scripts that shells run to complete the words of `bento`; what may come next `bento complete` says. */

/** A shell that is completed in. */
export type Shell = 'bash' | 'zsh' | 'fish';

/** The line that says that names of files may come next, too. */
export const filesMark = ':files';

// bash takes ":" and "=" for ends of words, and replaces only what is behind the last of them.
const bash = `# bento: completion for bash
_bento_complete() {
  local word kept candidate rest file
  local -a words
  read -r -a words <<< "\${COMP_LINE:0:COMP_POINT}"
  case "\${COMP_LINE:0:COMP_POINT}" in *[[:space:]]) words+=("") ;; esac
  word="\${words[\${#words[@]}-1]}"
  kept=""
  case "$word" in
    *[:=]*) kept="\${word%"\${word##*[:=]}"}" ;;
  esac
  COMPREPLY=()
  while IFS=$'\\t' read -r candidate rest; do
    if [ "$candidate" = "${filesMark}" ]; then
      compopt -o filenames 2> /dev/null
      while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen -f -- "\${word#"$kept"}")
    else
      COMPREPLY+=("\${candidate#"$kept"}")
    fi
  done < <("\${1/#\\~/$HOME}" complete -- "\${words[@]:1}" 2> /dev/null)
}
complete -F _bento_complete bento
`;

const zsh = `#compdef bento
_bento() {
  local candidate rest files=0
  local -a described
  while IFS=$'\\t' read -r candidate rest; do
    if [[ "$candidate" == "${filesMark}" ]]; then
      files=1
    else
      described+=("\${candidate//:/\\\\:}\${rest:+:$rest}")
    fi
  done < <("\${(Q)words[1]}" complete -- "\${(@Q)words[2,CURRENT]}" 2> /dev/null)
  (( \${#described} )) && _describe -V 'bento' described
  (( files )) && _files
}
if [[ "\${funcstack[1]}" == "_bento" ]]; then
  _bento "$@"
else
  compdef _bento bento
fi
`;

const fish = `# bento: completion for fish
function __bento_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] complete -- $words[2..-1] 2> /dev/null)
        if test "$line" = "${filesMark}"
            __fish_complete_path (commandline -ct)
        else
            printf '%s\\n' $line
        end
    end
end
complete -c bento -f -a '(__bento_complete)'
`;

export const scripts: Readonly<Record<Shell, string>> = { bash, zsh, fish };
